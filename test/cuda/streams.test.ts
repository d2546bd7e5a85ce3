// Work on tensors is ordered by stream and not waited for. The test driver's streams lag behind, and are
// held up here: work that does not wait for what it needs gives wrong bits, or a violation.
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import type { DeviceTensor } from '../../lib/index'
import {
  expectSame,
  type Fresh,
  freshDriver,
  loadLibrary,
  onTestDriver,
  scrambled,
} from './support'

const shape = [2, 3, 20, 24] as const
const length = 2 * 3 * 20 * 24
const newImages = (seed = 4) => scrambled(new Float32Array(length), seed)
const options = { ratio: 0.5, unit: [4, 9], rotate: 360, seed: 1 } as const

/** Longer than what is not held up takes. */
const LONG = 150

/** What the CPU makes of a batch, with samples from `index` on. */
function masked({ GridMask }: Fresh['library'], images: Float32Array, index: number) {
  return new GridMask({ ...options, device: 'cpu' }).apply(images, { shape, index })
}

interface Scene extends Fresh {
  gridmask: InstanceType<Fresh['library']['GridMask']>
  upload(images?: Float32Array, stream?: bigint): DeviceTensor<Float32Array>
}

function newScene(settings = {}, env = {}): Scene {
  const fresh = freshDriver(settings, env)
  const { DeviceTensor, GridMask } = fresh.library
  return {
    ...fresh,
    gridmask: new GridMask({ ...options, device: 'cuda' }),
    upload: (images = newImages(), stream) =>
      DeviceTensor.from(images, { shape, ...(stream === undefined ? {} : { stream }) }),
  }
}

describe('not waited for', () => {
  onTestDriver('apply(), gridmix(), from() and dispose() return before anything is done', () => {
    const { driver, gridmask, upload } = newScene()
    const first = upload()
    driver.settle()
    driver.stall(first.stream, LONG)
    const { pending } = driver.live()
    const second = upload()
    const result = gridmask.apply(first, { index: 0 })
    gridmask.apply(first, { index: 2, out: first })
    gridmask.gridmix(second, { index: 0, out: second })
    result.dispose()
    second.dispose()
    expect(pending).toBe(0)
    expect(driver.live()).toMatchObject({ pending: 4, allocations: 3 })
    driver.settle()
    expect(driver.live()).toMatchObject({ pending: 0, allocations: 1 })
    expect(driver.violations()).toEqual([])
  })

  onTestDriver('ready() and applyAsync() resolve when it is done, and not before', async () => {
    const { driver, library, gridmask, upload } = newScene()
    using tensor = upload()
    driver.stall(tensor.stream, LONG)
    let resolved = 0
    gridmask.apply(tensor, { index: 0, out: tensor })
    const ready = tensor.ready().then(() => resolved++)
    const async = gridmask.applyAsync(tensor, { index: 4, out: tensor }).then(() => resolved++)
    await setImmediate()
    expect(resolved).toBe(0)
    expect(driver.live().pending).toBeGreaterThan(1)
    await ready
    await async
    expect(driver.live().pending).toBe(0)
    await tensor.ready()
    expectSame(tensor.download(), masked(library, masked(library, newImages(), 0), 4))
  })

  onTestDriver('a download waits for the kernel before it', async () => {
    const { driver, library, gridmask, upload } = newScene()
    using tensor = upload()
    driver.stall(tensor.stream, LONG)
    using result = gridmask.apply(tensor, { index: 0 })
    const back = result.downloadAsync()
    expectSame(result.download(), masked(library, newImages(), 0))
    expectSame(await back, masked(library, newImages(), 0))
  })

  onTestDriver.each([
    ['1', undefined],
    ['3', undefined],
    ['1', 0n],
    ['3', 0n],
  ])(
    'downloadAsync() is of what the tensor holds when it is called: %s threads, stream %s',
    async (GRIDMASK_THREADS, stream) => {
      const env = { GRIDMASK_CUDA_CHUNK: '1000', GRIDMASK_THREADS }
      const { driver, library, gridmask, upload } = newScene({}, env)
      const tensor = upload(newImages(), stream)
      driver.settle()
      driver.stall(tensor.stream, LONG)
      const before = tensor.downloadAsync()
      gridmask.apply(tensor, { index: 0, out: tensor })
      const after = tensor.downloadAsync()
      gridmask.apply(tensor, { index: 2, out: tensor })
      tensor.dispose()
      expectSame(await before, newImages())
      expectSame(await after, masked(library, newImages(), 0))
      driver.settle()
      expect(driver.live().allocations).toBe(0)
      expect(driver.violations()).toEqual([])
    },
  )

  onTestDriver('where there is no memory for a copy, downloadAsync() does it at once', async () => {
    const { driver, library, gridmask, upload } = newScene({ memory: 3 * length * 4 + 99_000 })
    using tensor = upload()
    gridmask.apply(tensor, { index: 0, out: tensor })
    driver.fail('cuMemAllocFromPoolAsync', 1, 2, 2, false)
    const back = tensor.downloadAsync()
    gridmask.apply(tensor, { index: 2, out: tensor })
    expectSame(await back, masked(library, newImages(), 0))
  })
})

describe('memory of the host', () => {
  onTestDriver('an array that was handed to from() may be written to at once', () => {
    for (const GRIDMASK_THREADS of ['1', '3']) {
      const env = { GRIDMASK_CUDA_CHUNK: '1000', GRIDMASK_THREADS }
      const { driver, upload } = newScene({ delay: 500 }, env)
      const tensors = Array.from({ length: 6 }, (_, i) => {
        const images = newImages(i + 1)
        const tensor = upload(images)
        images.fill(0)
        return tensor
      })
      for (const [i, tensor] of tensors.entries()) expectSame(tensor.download(), newImages(i + 1))
      expect(driver.violations()).toEqual([])
    }
  })

  onTestDriver('a host array waits for memory that an upload still reads', () => {
    // Both halves of the thread's buffers.
    const env = { GRIDMASK_CUDA_CHUNK: '8192', GRIDMASK_THREADS: '1' }
    const { driver, library, gridmask, upload } = newScene({}, env)
    const { stream } = upload()
    driver.settle()
    driver.stall(stream, LONG)
    const tensor = upload(newImages(5))
    expect(driver.live().pending).toBeGreaterThan(0)
    const images = newImages(6)
    expectSame(gridmask.apply(images, { shape, index: 0 }), masked(library, images, 0))
    expectSame(tensor.download(), newImages(5))
    expect(driver.violations()).toEqual([])
  })

  // More launches than there are buffers for constants, each with too many to travel with it.
  onTestDriver('constants stay as they are until their launch has read them', () => {
    const many = [100, 1, 4, 6] as const
    const { driver, library } = newScene()
    const { DeviceTensor, GridMask } = library
    const gridmask = new GridMask({ ratio: 0.5, unit: 3, seed: 2, device: 'cuda' })
    const images = () => scrambled(new Uint8Array(2400), 3)
    using source = DeviceTensor.from(images(), { shape: many })
    driver.stall(source.stream, LONG)
    const mask = (i: number) => gridmask.apply(source, { index: i * 100 })
    const results = Array.from({ length: 40 }, (_, i) => mask(i))
    expect(driver.live().pending).toBeGreaterThan(40)
    for (let i = 40; i < 150; i++) results.push(mask(i))
    const cpu = new GridMask({ ratio: 0.5, unit: 3, seed: 2, device: 'cpu' })
    for (const [i, result] of results.entries()) {
      expectSame(result.download(), cpu.apply(images(), { shape: many, index: i * 100 }))
    }
    expect(driver.violations()).toEqual([])
    expect(driver.log()).toContain('cuMemcpyHtoDAsync')
  })

  test('as many constants as fit are parameters of the launch', () => {
    const { DeviceTensor, GridMask, applyPlan } = loadLibrary()
    const element = { d: 4, ratio: 0.5, deltaX: 1, deltaY: 2, angle: 30 }
    for (const count of [78, 79, 80, 81]) {
      const plan = Array.from({ length: count }, (_, i) => ({ ...element, angle: i }))
      const images = scrambled(new Float32Array(count * 3 * 8 * 8), 5)
      const many = [count, 3, 8, 8] as const
      using tensor = DeviceTensor.from(images, { shape: many })
      const expected = applyPlan(images, plan, { shape: many, device: 'cpu' })
      using result = applyPlan(tensor, plan)
      expectSame(result.download(), expected)
      applyPlan(tensor, plan, { out: tensor })
      expectSame(tensor.download(), expected)
    }
    expect(new GridMask({ ratio: 0.5, unit: 3 }).epoch).toBe(0)
  })

  // docs/kernel.md
  onTestDriver.each([
    ['one fill', 80, {}],
    ['a fill for each channel', 79, { fill: [1, 2, 3] }],
    ['Random GridMask', 34, { unitProbability: 0.5 }],
    ['noise', 56, { fill: { noise: 'uniform', low: 0, high: 1 } }],
    ['GridMix', 73, { mixes: true }],
  ] as const)('of a batch with %s need no upload up to %i samples', (_, most, settings) => {
    const { driver, library } = newScene()
    const { DeviceTensor, GridMask } = library
    const { mixes, ...own } = { mixes: false, ...settings }
    const gridmask = new GridMask({ ratio: 0.5, unit: 3, seed: 2, device: 'cuda', ...own })
    const uploads = (count: number) => {
      const many = [count, 3, 8, 8] as const
      using tensor = DeviceTensor.from(new Float32Array(count * 192), { shape: many })
      driver.reset()
      if (mixes) gridmask.gridmix(tensor, { index: 0, out: tensor })
      else gridmask.apply(tensor, { index: 0, out: tensor })
      return driver.log().filter((call) => call === 'cuMemcpyHtoDAsync').length
    }
    expect([uploads(most), uploads(most + 1)]).toEqual([0, 1])
  })
})

describe('two streams', () => {
  // 0n is the default stream, ours is another.
  onTestDriver.each([
    ['the source', true],
    ['the target', false],
  ])('each waits for the other: %s is held up', (_, holdSource) => {
    const { driver, library, gridmask, upload } = newScene()
    const source = upload(newImages(1))
    const target = upload(newImages(2), 0n)
    expect(source.stream).not.toBe(0n)
    expect(target.stream).toBe(0n)
    driver.settle()
    driver.stall(holdSource ? source.stream : 0n, LONG)
    // Read before it is written, written before it is read, and freed last of all.
    gridmask.apply(source, { index: 0, out: source })
    gridmask.apply(source, { index: 2, out: target })
    gridmask.apply(source, { index: 4, out: source })
    gridmask.apply(target, { index: 6, out: source })
    gridmask.apply(target, { index: 8, out: target })
    const copy = gridmask.apply(source, { index: 10, out: upload() })
    source.dispose()
    const first = masked(library, newImages(1), 0)
    const second = masked(library, first, 2)
    expectSame(target.download(), masked(library, second, 8))
    expectSame(copy.download(), masked(library, masked(library, second, 6), 10))
    target.dispose()
    copy.dispose()
    driver.settle()
    expect(driver.live()).toMatchObject({ allocations: 0, pending: 0 })
    expect(driver.violations()).toEqual([])
  })

  onTestDriver.each([
    ['apply()', 0],
    ['apply() to some channels', [0, null, 0]],
    ['gridmix()', undefined],
    ['Preprocessor.apply()', undefined],
  ] as const)('the source may be freed at once, if any call of %s fails', (name, fill) => {
    const { driver, library, upload } = newScene()
    const { GridMask, Preprocessor } = library
    const gridmask = new GridMask({ ...options, fill: fill ?? 0, device: 'cuda' })
    const preprocessor = new Preprocessor({ layout: 'NCHW' })
    const run = (images: DeviceTensor, out: DeviceTensor) => {
      if (name === 'gridmix()') gridmask.gridmix(images, { index: 0, out })
      else if (name === 'Preprocessor.apply()') preprocessor.apply(images, { index: 0, out })
      else gridmask.apply(images, { index: 0, out })
    }
    using out = upload(newImages(), 0n)
    using first = upload()
    run(first, out)
    driver.settle()
    driver.reset()
    run(first, out)
    const calls = driver.log()
    expect(calls.filter((call) => call === 'cuStreamWaitEvent').length).toBe(2)
    for (let nth = 1; nth <= calls.length; nth++) {
      const source = upload()
      driver.settle()
      driver.reset()
      driver.stall(0n, 20)
      driver.fail('*', nth, 999, 1, false)
      try {
        run(source, out)
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_CUDA' })
      }
      source.dispose()
      driver.settle()
      expect([calls[nth - 1], driver.violations()]).toEqual([calls[nth - 1], []])
    }
  })

  onTestDriver('a stream that was given orders the tensor, and those made of it', () => {
    const { driver, library, gridmask, upload } = newScene()
    using tensor = upload(newImages(), 1n)
    using result = gridmask.apply(tensor, { index: 0 })
    expect([tensor.stream, result.stream]).toEqual([1n, 1n])
    expectSame(result.download(), masked(library, newImages(), 0))
    expect(() => upload(newImages(), 2n)).toThrow('a stream that is the same for every thread')
    expect(driver.violations()).toEqual([])
  })

  onTestDriver('the order on a foreign stream is that of the call', async () => {
    const { driver, library, gridmask, upload } = newScene()
    const { DeviceTensor } = library
    using owner = upload(newImages(), 0n)
    const theirs = DeviceTensor.wrap({
      ...{ pointer: owner.pointer, shape, dtype: 'float32', stream: 0n },
    })
    driver.stall(0n, LONG)
    const done = gridmask.applyAsync(theirs, { index: 0 })
    const back = theirs.downloadAsync()
    // Their own work on it, after the calls and before these are done.
    gridmask.apply(owner, { index: 2, out: owner })
    expectSame((await done).download(), masked(library, newImages(), 0))
    expectSame(await back, newImages())
    expectSame(owner.download(), masked(library, newImages(), 2))
  })
})

describe('errors', () => {
  onTestDriver.each(['kernel', 'copy'])('of a %s surface later, and once', async (work) => {
    for (const wait of ['ready', 'download', 'downloadAsync'] as const) {
      const { driver, library, gridmask, upload } = newScene()
      const tensor = upload()
      driver.settle()
      driver.reset()
      driver.stall(tensor.stream, LONG)
      driver.fail(work, 1, 700, 1, false)
      if (work === 'copy') upload()
      gridmask.apply(tensor, { index: 0, out: tensor })
      gridmask.apply(tensor, { index: 2, out: tensor })
      await expect((async () => tensor[wait]())()).rejects.toMatchObject({
        code: 'ERR_CUDA',
        message: expect.stringMatching(/ILLEGAL_ADDRESS.*context is lost to this process/),
      })
      // Nothing is left of what the context held.
      expect(() => tensor.dispose()).not.toThrow()
      // As if it were another process.
      driver.reset()
      using next = upload()
      await next.ready()
      gridmask.apply(next, { index: 0, out: next })
      expectSame(next.download(), masked(library, newImages(), 0))
    }
  })

  onTestDriver('of applyAsync() are told by its promise', async () => {
    const { driver, gridmask, upload } = newScene()
    const tensor = upload()
    driver.settle()
    driver.stall(tensor.stream, LONG)
    driver.fail('kernel', 1, 700, 1, false)
    await expect(gridmask.applyAsync(tensor, { index: 0, out: tensor })).rejects.toMatchObject({
      code: 'ERR_CUDA',
      message: expect.stringMatching(
        /masking a batch on cuda:0.*The content of `images` is now undefined/,
      ),
    })
  })

  onTestDriver('a context that cannot be made current loses no memory', async () => {
    const { driver, gridmask, upload } = newScene()
    upload().dispose()
    driver.settle()
    expect(driver.live().allocations).toBe(0)
    // On a default stream, where freeing needs the context.
    ;(() => upload(newImages(), 0n))()
    driver.fail('cuCtxPushCurrent', 1, 1, 1, false)
    for (let i = 0; i < 20 && driver.log().at(-1) !== 'cuCtxPushCurrent'; i++) {
      globalThis.gc?.()
      await setImmediate()
    }
    driver.reset()
    const tensor = upload(newImages(), 0n)
    driver.settle()
    expect(driver.live().allocations).toBe(1)
    driver.fail('cuCtxPushCurrent', 2, 1, 1, false)
    gridmask.apply(tensor, { index: 0, out: tensor })
    expect(() => tensor.dispose()).toThrow(expect.objectContaining({ code: 'ERR_CUDA' }))
    driver.reset()
    upload().dispose()
    driver.settle()
    expect(driver.live()).toMatchObject({ allocations: 0, pushed: 0 })
  })
})

onTestDriver(
  'GRIDMASK_SOAK operations leave memory as it was',
  async () => {
    const { driver, library, gridmask, upload } = newScene({ delay: 0 })
    const { DeviceTensor } = library
    const operations = Number(process.env.GRIDMASK_SOAK ?? 4000)
    const held = () => {
      driver.settle()
      const { pending, reserved, ...rest } = driver.live()
      expect([pending, driver.violations()]).toEqual([0, []])
      return { ...rest, reserved: reserved < 64 * length * 4 }
    }
    let before: unknown
    let resident = 0
    using kept = upload()
    // In a separate function, after which nobody has the tensors.
    const work = async (i: number) => {
      const tensor = upload(newImages(i + 1), i % 3 === 0 ? 0n : undefined)
      const other = gridmask.apply(tensor, { index: i })
      gridmask.apply(other, { index: i, out: kept })
      gridmask.gridmix(kept, { index: i, out: other })
      gridmask.apply(tensor, { index: i, out: tensor })
      tensor.dispose()
      if (i % 7 === 0) other.download()
      else if (i % 7 === 1) await other.downloadAsync()
      else if (i % 7 === 2) await other.ready()
      if (i % 11 !== 0) other.dispose()
      driver.reset()
    }
    for (let i = 0; i < operations; i += 10) {
      await work(i)
      if (i % 1000 !== 0) continue
      for (let k = 0; k < 20 && driver.live().allocations > 1; k++) {
        globalThis.gc?.()
        await setImmediate()
        driver.settle()
      }
      if (i === 1000) {
        before = held()
        resident = process.memoryUsage().rss
      } else if (before !== undefined) {
        expect(held()).toEqual(before)
      }
    }
    expect(before).toBeDefined()
    expect(process.memoryUsage().rss - resident).toBeLessThan(128 * 2 ** 20)
    expect(DeviceTensor.is(kept)).toBe(true)
  },
  36_000_000,
)
