// What happens, and what the messages say, if the native addon is missing, damaged, or of another version.
// Each case is a copy of the package in a separate process.
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { maskOf } from '../../lib/index'
import { root, runNode, temporaryFolder } from '../process'

const addon = join(root, 'build/Release/gridmask.node')
const platform = `${process.platform}-${process.arch}`
const tag = process.platform === 'linux' ? '.glibc' : ''

const folder = temporaryFolder('load')
const binary = join(folder, `prebuilds/${platform}/gridmask${tag}.node`)
beforeAll(() => {
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
})
beforeEach(() => {
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'))
  rmSync(join(folder, 'prebuilds'), { recursive: true, force: true })
  mkdirSync(join(folder, 'prebuilds', platform), { recursive: true })
  copyFileSync(addon, binary)
})

const program = `
  ${'/* a platform of another name, where one is given */'}
  const [platform, script] = [process.env.TEST_PLATFORM, process.env.TEST_SCRIPT]
  if (platform) Object.defineProperty(process, 'platform', { value: platform })
  const warnings = []
  process.on('warning', ({ name, code, message }) => warnings.push({ name, code, message }))
  let library, error
  try {
    library = require('./dist')
  } catch (thrown) {
    error = { code: thrown.code, message: thrown.message, cause: thrown.cause?.message }
  }
  setImmediate(() => {
    const backend = library?.devices()[0].backend
    const cuda = library?.cudaStatus().reason
    const mask = library && [...library.maskOf({ d: 7, ratio: 0.5, angle: 31 }, [20, 30])].join('')
    console.log(JSON.stringify({ error, backend, cuda, mask, warnings }))
  })`

interface Outcome {
  error?: { code: string; message: string; cause?: string }
  backend?: string
  cuda?: string
  mask?: string
  warnings: { name: string; code: string; message: string }[]
}

function load(env: Record<string, string> = {}): Outcome {
  const { stdout, stderr } = runNode(['-e', program], {
    cwd: folder,
    env: { GRIDMASK_CUDA_DRIVER: '/none', ...env },
  })
  expect(stderr.replace(/^.*Warning.*\n.*--trace-warnings.*\n/gm, '')).toBe('')
  return JSON.parse(stdout)
}

const expectedMask = [...maskOf({ d: 7, ratio: 0.5, angle: 31 }, [20, 30])].join('')

test('the right binary is loaded silently', () => {
  const { error, backend, mask, warnings } = load()
  expect({ error, backend, mask, warnings }).toEqual({
    error: undefined,
    backend: 'native',
    mask: expectedMask,
    warnings: [],
  })
})

describe('the message says why it cannot be loaded', () => {
  const head = () => readFileSync(addon).subarray(0, 4096)
  test.each<[string, () => void, string]>([
    ['no file', () => rmSync(binary), 'nothing there'],
    ['an empty file', () => writeFileSync(binary, ''), 'an empty file'],
    ['a text', () => writeFileSync(binary, 'version https://git-lfs'.repeat(9)), 'not a binary'],
    [
      'a truncated binary',
      () => writeFileSync(binary, readFileSync(addon).subarray(0, 100_000)),
      process.platform === 'linux' ? 'cut short' : 'for ',
    ],
    [
      'a binary for another processor',
      () => {
        const other = Buffer.from(readFileSync(addon))
        if (process.platform === 'linux') other.writeUInt16LE(process.arch === 'x64' ? 183 : 62, 18)
        writeFileSync(binary, other)
      },
      process.arch === 'x64' ? 'arm64' : 'x64',
    ],
    [
      'a binary for Windows',
      () => {
        const windows = head()
        windows.write('MZ')
        windows.writeUInt32LE(128, 60)
        windows.write('PE\0\0', 128)
        windows.writeUInt16LE(0x8664, 132)
        writeFileSync(binary, windows)
      },
      'for Windows, x64',
    ],
    [
      'a binary for macOS',
      () => {
        const macos = head()
        macos.writeUInt32LE(0xfeedfacf, 0)
        macos.writeUInt32LE(0x0100000c, 4)
        writeFileSync(binary, macos)
      },
      'for macOS, arm64',
    ],
  ])('%s', (_, damage, told) => {
    damage()
    const { error, warnings } = load()
    expect(error?.code).toBe('ERR_NATIVE_LOAD')
    const { message } = error as { message: string }
    expect(message).toContain(told)
    expect(message).toContain(join(folder, 'prebuilds', platform))
    expect(message).toContain(`on ${platform}, `)
    expect(message).toContain(`Node ${process.versions.node}, N-API ${process.versions.napi}`)
    if (process.platform === 'linux') expect(message).toMatch(/, (glibc|musl), /)
    expect(message).toContain('npm rebuild gridmask')
    expect(message).toContain('GRIDMASK_FALLBACK=1')
    expect(error?.cause).toBeTruthy()
    expect(warnings).toEqual([])
  })

  test('a binary of another version', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const { version } = manifest
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, version: '9.9.9' }))
    const { error } = load()
    expect(error?.code).toBe('ERR_NATIVE_LOAD')
    expect(error?.message).toContain(`it is of gridmask ${version}, not of 9.9.9`)
  })
})

describe('plain TypeScript is used', () => {
  const served = (code: string): Outcome => ({
    backend: 'typescript',
    cuda: 'no-addon',
    mask: expectedMask,
    warnings: [
      {
        name: 'GridMaskWarning',
        code: 'GRIDMASK_FALLBACK',
        message: expect.stringContaining(code) as unknown as string,
      },
    ],
  })

  test('with GRIDMASK_FALLBACK=1, whatever there is', () => {
    expect(load({ GRIDMASK_FALLBACK: '1' })).toEqual(served('GRIDMASK_FALLBACK=1'))
  })

  test('on a platform that has no binary', () => {
    expect(load({ TEST_PLATFORM: 'freebsd' })).toEqual(served(`freebsd-${process.arch}`))
  })

  test('but not with GRIDMASK_FALLBACK=0', () => {
    const { error } = load({ TEST_PLATFORM: 'freebsd', GRIDMASK_FALLBACK: '0' })
    expect(error?.code).toBe('ERR_NATIVE_LOAD')
  })

  test('in worker threads, with one warning for all', () => {
    const script = `
      const { Worker } = require('node:worker_threads')
      let warnings = 0
      process.on('warning', () => { warnings += 1 })
      const { devices } = require('./dist')
      const code = "process.on('warning', () => require('node:worker_threads').parentPort.postMessage('warned'));"
        + "require('node:worker_threads').parentPort.postMessage(require('./dist').devices()[0].backend)"
      const said = []
      let running = 3
      for (let i = 0; i < 3; i++) {
        const worker = new Worker(code, { eval: true })
        worker.on('message', (message) => said.push(message))
        worker.on('exit', () => {
          running -= 1
          if (running === 0) console.log(JSON.stringify({ warnings, said }))
        })
      }`
    const { stdout } = runNode(['-e', script], { cwd: folder, env: { GRIDMASK_FALLBACK: '1' } })
    expect(JSON.parse(stdout)).toEqual({ warnings: 1, said: Array(3).fill('typescript') })
  })
})
