// What works but is hardly meant: one warning says so, once in a process, and says nothing of what may be
// meant. Each case is a program of its own.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'

const root = join(__dirname, '../..')

/** The warnings of a program that has `g`, the package, and `b`, the methods for comparison. */
function warningsOf(program: string): string[] {
  const code = `
    const { isMainThread, Worker } = require('node:worker_threads')
    const said = []
    process.on('warning', ({ name, code, message }) => said.push([name, code, message].join(' ')))
    process.on('exit', () => console.log(JSON.stringify(said)))
    const [g, b] = [require('./dist'), require('./dist/baselines')]
    const shape = [2, 1, 16, 16]
    const images = new Float32Array(512).fill(1)
    ${program}`
  const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', '-e', code], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

describe('an epoch that never moves, under a schedule that begins at 0', () => {
  const batches = (n: number, request = '') =>
    `const gridmask = new g.GridMask({ ratio: 0.5, unit: 8, probability: g.linear({ to: 0.8, epochs: 240 }) })
     const work = () => { for (let i = 0; i < ${n}; i++) gridmask.apply(images, { shape${request} }) }`

  test('is reported after 100 batches, once', () => {
    const two = `${batches(300)}; work(); work()`
    expect(warningsOf(two)).toEqual([
      expect.stringMatching(/^GridMaskWarning GRIDMASK_EPOCH .*setEpoch\(\)/),
    ])
    expect(warningsOf(`${batches(99)}; work()`)).toEqual([])
  })

  test('is reported with explicit numbers too, and by the baselines', () => {
    expect(warningsOf(`${batches(101, ', index: 2 * i')}; work()`)).toHaveLength(1)
    const cutout = `
      const cutout = new b.Cutout({ size: 4, probability: (epoch) => epoch / 10 })
      for (let i = 0; i < 100; i++) cutout.apply(images, { shape })`
    expect(warningsOf(cutout)).toHaveLength(1)
  })

  test('is intended if somebody names the epoch', () => {
    expect(warningsOf(`${batches(300)}; gridmask.setEpoch(0); work()`)).toEqual([])
    expect(warningsOf(`${batches(300)}; gridmask.epoch = 0; work()`)).toEqual([])
    expect(warningsOf(`${batches(300, ', epoch: 0')}; work()`)).toEqual([])
  })

  test('is intended if the schedule never grows, or does not begin at 0', () => {
    const constant = (p: string) => `
      const gridmask = new g.GridMask({ ratio: 0.5, unit: 8, probability: ${p} })
      for (let i = 0; i < 300; i++) gridmask.apply(images, { shape })`
    for (const p of ['0', 'g.constant(0)', '(epoch) => 0.1 + epoch / 1000']) {
      expect(warningsOf(constant(p))).toEqual([])
    }
  })
})

describe('a unit far larger than the image', () => {
  const apply = (unit: string) =>
    `new g.GridMask({ ratio: 0.5, unit: ${unit} }).apply(images, { shape })`

  test('is reported', () => {
    const message =
      /^GridMaskWarning GRIDMASK_UNIT `unit` is at least 33 pixels, .* images of 16×16/
    for (const unit of ['33', '[33, 90]', '() => [33, 34]']) {
      expect(warningsOf(`${apply(unit)}; ${apply(unit)}`)).toEqual([expect.stringMatching(message)])
    }
    const plan = 'new g.GridMask(g.presets.imagenet).plan({ count: 1, height: 32, width: 32 })'
    expect(warningsOf(plan)).toHaveLength(1)
  })

  test('is intended up to twice the image, and if its size is not known', () => {
    expect(warningsOf(apply('[32, 200]'))).toEqual([])
    expect(warningsOf('new g.GridMask(g.presets.imagenet).plan({ count: 1 })')).toEqual([])
  })
})

describe('a seed that two augmentations in one pipeline share', () => {
  const make = (seed: number, more = '') =>
    `new g.GridMask({ ratio: 0.5, unit: [4, 9], seed: ${seed}${more} })`

  test('is reported, synchronously and off the main thread, in place and not', () => {
    const message = /^GridMaskWarning GRIDMASK_SEED /
    const programs = [
      `${make(1)}.apply(${make(1, ', ratio: 0.4')}.apply(images, { shape }), { shape })`,
      `${make(1)}.apply(images, { shape, out: images }); ${make(1)}.apply(images, { shape })`,
      `${make(1)}.applyAsync(images, { shape }).then((x) => ${make(1)}.applyAsync(x, { shape }))`,
      `${make(1)}.gridmix(${make(1)}.apply(images, { shape }), { shape })`,
      `const cutout = () => new b.Cutout({ size: 4, seed: 1 })
       cutout().apply(cutout().apply(images, { shape }), { shape })`,
    ]
    for (const program of programs) {
      expect(warningsOf(program)).toEqual([expect.stringMatching(message)])
    }
  })

  test('is intended with other seeds, other samples or other methods, or if one works alone', () => {
    const programs = [
      `${make(2)}.apply(${make(1)}.apply(images, { shape }), { shape })`,
      `${make(1)}.apply(${make(1)}.apply(images, { shape }), { shape, index: 2 })`,
      `${make(1)}.apply(${make(1)}.apply(images, { shape }), { shape, epoch: 1 })`,
      `new b.Cutout({ size: 4, seed: 1 }).apply(${make(1)}.apply(images, { shape }), { shape })`,
      `const one = ${make(1)}; one.apply(one.apply(images, { shape, index: 0 }), { shape, index: 0 })`,
      `${make(1)}.apply(images, { shape }); ${make(1)}.apply(images, { shape })`,
    ]
    for (const program of programs) expect(warningsOf(program)).toEqual([])
  })
})

describe('worker threads that each number their own samples', () => {
  /** Ends when something was said, or after so many milliseconds. */
  const pool = (seeds: number[], request: string, patience: number) => `
    const code = \`
      const { workerData: seed, parentPort } = require('node:worker_threads')
      const { GridMask } = require('./dist')
      const gridmask = new GridMask({ ratio: 0.5, unit: [4, 9], seed })
      for (let i = 0; i < 30; i++) gridmask.apply(new Float32Array(512), { shape: [2, 1, 16, 16]${request} })
      process.on('warning', ({ code, message }) => parentPort.postMessage(code + message))
      parentPort.once('message', () => process.exit())
      parentPort.postMessage('done')\`
    const workers = ${JSON.stringify(seeds)}.map((seed) => new Worker(code, { eval: true, workerData: seed }))
    let done = 0
    for (const worker of workers) {
      worker.on('message', (text) => {
        if (text !== 'done') said.push(text)
        else if (++done === workers.length) wait(${patience})
      })
    }
    function wait(patience) {
      if (said.length === 0 && patience > 0) setTimeout(wait, 20, patience - 20)
      else workers.forEach((worker) => worker.postMessage(''))
    }`

  test('are reported if the seed is the same', () => {
    const said = warningsOf(pool([5, 5], '', 20_000))
    expect(said.length).toBeGreaterThanOrEqual(1)
    for (const text of said) expect(text).toMatch(/^GRIDMASK_WORKERS.*`index`: docs\/loading\.md$/)
  })

  test('are intended if the seeds differ, the numbers are given, or there is only one', () => {
    expect(warningsOf(pool([5, 6], '', 300))).toEqual([])
    expect(warningsOf(pool([5, 5], ', index: i', 300))).toEqual([])
    expect(warningsOf(pool([5], '', 300))).toEqual([])
  })
})

test("layout 'NHWC' of a shape in the order of NCHW", () => {
  const apply = (shape: string) => `
    const gridmask = new g.GridMask({ ratio: 0.5, unit: 8 })
    gridmask.apply(new Float32Array(2 * 3 * 32 * 32), { shape: ${shape}, layout: 'NHWC' })`
  expect(warningsOf(apply('[2, 3, 32, 32]'))).toEqual([
    expect.stringMatching(/^GridMaskWarning GRIDMASK_LAYOUT .*layout is 'NCHW'$/),
  ])
  expect(warningsOf(apply('[2, 32, 32, 3]'))).toEqual([])
  expect(warningsOf(apply('[2, 3, 1024, 1]'))).toEqual([])
})
