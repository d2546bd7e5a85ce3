// Worker threads that share a device, and processes that end while it works. Each in a child process,
// since it might crash.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { driverPath, onGpu, onTestDriver, root } from './support'

/** Runs a CommonJS script on the built package. Rejects if it exits with an error. */
async function run(script: string, ...args: string[]): Promise<string> {
  const env: NodeJS.ProcessEnv = { ...process.env, GRIDMASK_CUDA_CHUNK: '50000' }
  if (!onGpu) env.GRIDMASK_CUDA_DRIVER = driverPath
  const file = join(__dirname, 'scripts', script)
  const argv = ['--expose-gc', file, root, onGpu ? '' : driverPath, ...args]
  const { stdout } = await promisify(execFile)(process.execPath, argv, { env, timeout: 120_000 })
  return stdout
}

test('workers share a device, each with what it needs for itself', async () => {
  expect(await run('share.cjs')).toBe('same\n')
}, 180_000)

onTestDriver(
  "a worker's tensors are given back at its end",
  async () => {
    expect(JSON.parse(await run('worker-end.cjs'))).toMatchObject({ allocations: 0, pushed: 0 })
  },
  180_000,
)

test('workers are terminated while the device works for them', async () => {
  expect(await run('terminate.cjs')).toBe('alive\n')
}, 180_000)

test('the process exits while the device works', async () => {
  for (const when of ['now', 'tick', 'later']) {
    expect([when, await run('exit.cjs', when)]).toEqual([when, 'exiting\n'])
  }
}, 180_000)
