// Which calls of the driver an operation on tensors makes: each takes JavaScript's thread a tenth of a
// microsecond and more.
import { describe, expect } from '@jest/globals'
import { expectSame, freshDriver, onTestDriver, scrambled } from './support'

const { seed, ...mask } = { ratio: 0.5, unit: 3, seed: 2 } as const
const options = { ...mask, seed }
const inContext = (...calls: string[]) => [
  'cuCtxGetCurrent',
  'cuCtxPushCurrent',
  ...calls,
  'cuCtxPopCurrent',
]

function newScene(count: number, settings = {}) {
  const { library, driver } = freshDriver(settings)
  const { DeviceTensor, GridMask, Preprocessor } = library
  const shape = [count, 1, 4, 6] as const
  const images = scrambled(new Uint8Array(count * 24), 3)
  return {
    ...{ driver, shape, images, GridMask, DeviceTensor, Preprocessor },
    gridmask: new GridMask(options),
    upload: (stream?: bigint) =>
      DeviceTensor.from(images, { shape, ...(stream === undefined ? {} : { stream }) }),
    /** Those of `work`, which has been done before. */
    calls(work: () => unknown): string[] {
      work()
      driver.settle()
      driver.reset()
      work()
      return driver.log()
    },
  }
}

describe('a call on a tensor', () => {
  onTestDriver('in place launches', () => {
    const { upload, calls, gridmask } = newScene(64)
    const tensor = upload()
    const expected = inContext('cuLaunchKernel')
    expect(calls(() => gridmask.apply(tensor, { out: tensor }))).toEqual(expected)
    expect(calls(() => gridmask.gridmix(tensor, { out: tensor }))).toEqual(expected)
  })

  onTestDriver('in place that masks nothing asks nothing of the driver', () => {
    const { upload, calls, GridMask } = newScene(64)
    const tensor = upload()
    const never = new GridMask({ ...options, probability: 0 })
    expect(calls(() => never.apply(tensor, { out: tensor }))).toEqual([])
  })

  onTestDriver('without `out` allocates and launches; one call frees the result', () => {
    const { upload, calls, gridmask } = newScene(64)
    const tensor = upload()
    const expected = inContext('cuMemAllocFromPoolAsync', 'cuLaunchKernel')
    expect(calls(() => gridmask.apply(tensor))).toEqual(expected)
    expect(calls(() => gridmask.gridmix(tensor))).toEqual(expected)
    const results = [gridmask.apply(tensor), gridmask.apply(tensor)]
    expect(calls(() => results.pop()?.dispose())).toEqual(['cuMemFreeAsync'])
    expect(results).toEqual([])
  })

  onTestDriver('that preprocesses it does the same', () => {
    const { upload, calls, Preprocessor } = newScene(16)
    const tensor = upload()
    const preprocessor = new Preprocessor({ crop: 'random', size: [3, 4], gridmask: mask, seed })
    const made = inContext('cuMemAllocFromPoolAsync', 'cuLaunchKernel')
    expect(calls(() => preprocessor.apply(tensor))).toEqual(made)
    const out = preprocessor.apply(tensor)
    expect(calls(() => preprocessor.apply(tensor, { out }))).toEqual(inContext('cuLaunchKernel'))
  })

  onTestDriver('is on the stream that its tensor was given', () => {
    const { upload, gridmask, driver } = newScene(64)
    const given = upload(1n)
    const result = gridmask.apply(given)
    expect([result.stream, gridmask.apply(upload()).stream]).toEqual([1n, upload().stream])
    driver.settle()
    driver.reset()
    // A default stream is one of the current context.
    result.dispose()
    expect(driver.log()).toEqual(inContext('cuMemFreeAsync'))
  })

  onTestDriver('of a driver that wants a context to free memory gets one from then on', () => {
    const { upload, driver, gridmask } = newScene(64)
    const tensors = [upload(), upload()]
    driver.settle()
    driver.reset()
    driver.fail('cuMemFreeAsync', 1, 201, 1, false)
    for (const tensor of tensors) tensor.dispose()
    const again = inContext('cuMemFreeAsync')
    expect(driver.log()).toEqual(['cuMemFreeAsync', ...again, ...again])
    driver.settle()
    expect(driver.live().allocations).toBe(0)
    // In the order of its stream, as ever.
    const last = upload()
    driver.settle()
    driver.stall(last.stream, 50)
    gridmask.apply(last, { out: last })
    last.dispose()
    driver.settle()
    expect(driver.violations()).toEqual([])
  })
})

describe('constants that are not parameters of the launch', () => {
  const launched = inContext('cuMemcpyHtoDAsync', 'cuLaunchKernel')

  onTestDriver('share memory, which is marked once for many launches', () => {
    const { upload, calls, gridmask } = newScene(256)
    const tensor = upload()
    const apply = () => gridmask.apply(tensor, { out: tensor })
    const all = calls(() => Array.from({ length: 90 }, apply))
    const events = all.filter((call) => call.startsWith('cuEvent'))
    expect(events.filter((call) => call === 'cuEventRecord').length).toBeLessThanOrEqual(12)
    expect(events.length).toBeLessThanOrEqual(24)
    // How far the device lags behind decides how much memory they need.
    const rest = all.filter((call) => !/^cuEvent|^cuMem(Host)?Alloc$/.test(call))
    expect(rest).toEqual(Array.from({ length: 90 }, () => launched).flat())
  })

  onTestDriver("on other code's stream, which may be gone later, are marked at once", () => {
    const { upload, calls, gridmask } = newScene(256)
    const tensor = upload(0n)
    const all = calls(() => gridmask.apply(tensor, { out: tensor }))
    expect(all.at(-2)).toBe('cuEventRecord')
  })

  // Each batch has a block of its own, and there are more than there may be blocks; then several share
  // one, on two streams in turn.
  onTestDriver.each([
    ['large', 2400, 70, undefined],
    ['small', 100, 60, 0n],
  ])('stay until a launch that lags behind has read them: %s', (_, count, batches, other) => {
    const { upload, gridmask, GridMask, driver, shape, images } = newScene(count)
    const sources = [upload(), upload(other)]
    driver.settle()
    for (const { stream } of sources) driver.stall(stream, 100)
    const results = Array.from({ length: batches }, (_, i) =>
      gridmask.apply(sources[i % 2] as (typeof sources)[0], { index: i * count }),
    )
    const cpu = new GridMask({ ...options, device: 'cpu' })
    for (const [i, result] of results.entries()) {
      expectSame(result.download(), cpu.apply(images, { shape, index: i * count }))
    }
    expect(driver.violations()).toEqual([])
  })

  onTestDriver.each([
    ['cuEventCreate', 1],
    ['cuEventQuery', 1],
    ['cuEventRecord', 1],
    ['cuEventRecord', 2],
    ['cuMemHostAlloc', 1],
    ['cuMemAlloc', 1],
    ['cuMemcpyHtoDAsync', 1],
    ['cuLaunchKernel', 1],
  ])('are right after %s has failed in launch %i', (call, nth) => {
    const { upload, gridmask, GridMask, driver, shape, images } = newScene(2400)
    const tensor = upload()
    const errors: unknown[] = []
    driver.fail(call, nth, 999, 1, false)
    driver.stall(tensor.stream, 20)
    const results = Array.from({ length: 4 }, (_, i) => {
      try {
        return gridmask.apply(tensor, { index: i * 2400 })
      } catch (error) {
        errors.push(error)
        return undefined
      }
    })
    // If an event cannot be recorded, the stream is waited for.
    expect(errors.length).toBe(call === 'cuEventRecord' ? 0 : 1)
    for (const error of errors) expect(error).toMatchObject({ code: 'ERR_CUDA' })
    const cpu = new GridMask({ ...options, device: 'cpu' })
    for (const [i, result] of results.entries()) {
      if (result === undefined) continue
      expectSame(result.download(), cpu.apply(images, { shape, index: i * 2400 }))
    }
    expect(driver.violations()).toEqual([])
  })

  onTestDriver('keep no memory that emptyCache() is asked for', () => {
    const { upload, gridmask, driver, DeviceTensor } = newScene(256)
    const tensor = upload()
    const { allocations } = driver.live()
    gridmask.apply(tensor, { out: tensor })
    expect(driver.live().allocations).toBe(allocations + 1)
    driver.settle()
    DeviceTensor.emptyCache()
    expect(driver.live().allocations).toBe(allocations)
  })
})
