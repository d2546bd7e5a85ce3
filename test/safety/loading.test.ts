// The package is loaded by a process that does other things: it waits for no other thread, changes
// nothing that belongs to all, and needs no more rights than to read itself and to load an addon.
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { root, runNode, temporaryFolder } from '../process'

const libc = process.platform === 'linux' ? '.glibc' : ''

/** A project's folder with the package in it, and nothing else. */
const project = temporaryFolder('project')
beforeAll(() => install(join(project, 'node_modules/gridmask')))

function install(folder: string): void {
  const prebuilds = join(folder, `prebuilds/${process.platform}-${process.arch}`)
  mkdirSync(prebuilds, { recursive: true })
  for (const path of ['dist', 'package.json']) {
    cpSync(join(root, path), join(folder, path), { recursive: true })
  }
  cpSync(join(root, 'build/Release/gridmask.node'), join(prebuilds, `gridmask${libc}.node`))
}

/** Runs a program in the project; one that waits for ever is ended. */
function run(program: string, ...flags: string[]) {
  return runNode([...flags, '-e', program], { cwd: project, timeout: 60_000 })
}

test('while a worker is in native code and waits for the main thread', () => {
  const { status, stdout, stderr } = run(`
    const { Worker } = require('node:worker_threads')
    const flags = new Int32Array(new SharedArrayBuffer(8))
    const code = \`
      const { workerData: flags } = require('node:worker_threads')
      Atomics.store(flags, 0, 1)
      Atomics.notify(flags, 0)
      Atomics.wait(flags, 1, 0)\`
    const worker = new Worker(code, { eval: true, workerData: flags })
    worker.on('exit', () => console.log('worker is done'))
    const waiting = setInterval(() => {
      if (Atomics.load(flags, 0) === 0) return
      clearInterval(waiting)
      console.log(require('gridmask').devices()[0].backend)
      Atomics.store(flags, 1, 1)
      Atomics.notify(flags, 1)
    })`)
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: 'native\nworker is done\n',
    stderr: '',
  })
})

test('and changes nothing that belongs to the process', () => {
  const { stdout, stderr } = run(`
    const state = () => JSON.stringify({
      env: process.env,
      globals: Object.getOwnPropertyNames(globalThis),
      listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
      report: { ...process.report, excludeNetwork: process.report.excludeNetwork },
      handles: process.getActiveResourcesInfo(),
      cwd: process.cwd(),
      title: process.title,
    })
    const before = state()
    const { GridMask } = require('gridmask')
    new GridMask({ ratio: 0.5, unit: 4 }).apply(new Float32Array(48), { shape: [1, 3, 4, 4] })
    console.log(state() === before)`)
  expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' })
})

describe("under Node's permission model", () => {
  const [major] = process.versions.node.split('.').map(Number) as [number]
  const model = major < 24 ? '--experimental-permission' : '--permission'
  const work = `
    process.removeAllListeners('warning') // Node's own, that the model is new
    const { GridMask } = require('gridmask')
    const images = new Float32Array(48).fill(1)
    const gridmask = new GridMask({ ratio: 0.5, unit: 4 })
    console.log(gridmask.apply(images, { shape: [1, 3, 4, 4] }).reduce((a, b) => a + b))
    gridmask.applyAsync(images, { shape: [1, 3, 4, 4] }).then(({ length }) => console.log(length))`

  test('it works if it may be read and addons may be loaded', () => {
    const { status, stdout, stderr } = run(
      work,
      model,
      `--allow-fs-read=${project}/*`,
      '--allow-addons',
    )
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '36\n48\n', stderr: '' })
  })

  test('otherwise the missing permission is named', () => {
    const { status, stderr } = run(work, model, `--allow-fs-read=${project}/*`)
    expect(status).toBe(1)
    expect(stderr).toContain("code: 'ERR_NATIVE_LOAD'")
    expect(stderr).toContain('add --allow-addons to its flags')
  })
})

test('several copies serve each other', () => {
  install(join(project, 'copy'))
  const { status, stdout, stderr } = run(`
    const [one, other] = [require('gridmask'), require('./copy')]
    if (one.GridMask === other.GridMask) throw new Error('one copy')
    const gridmask = new one.GridMask({ ratio: [0.3, 0.6], unit: [4, 9], rotate: 360, seed: 5 })
    const shape = [4, 3, 16, 16]
    const images = new Float32Array(4 * 3 * 256).fill(1)
    const plan = gridmask.plan({ count: 4, index: 7 })
    const expected = gridmask.apply(images, { shape, index: 7 })
    const actual = other.applyPlan(images, plan, { shape })
    console.log(Buffer.compare(Buffer.from(expected.buffer), Buffer.from(actual.buffer)))
    try {
      other.applyPlan(images, plan, { shape: [1] })
    } catch (error) {
      console.log(error instanceof one.GridMaskError)
    }`)
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '0\ntrue\n', stderr: '' })
})
