// device 'auto' on host arrays: times both sides, keeps the faster one, and never fails for want of
// a GPU.
import { expect } from '@jest/globals'
import { expectSame, type Fresh, freshDriver, onTestDriver, scrambled } from './support'

const options = { ratio: 0.5, unit: [20, 90], rotate: 360, seed: 2 } as const
const shape = [2, 3, 256, 256] as const
const images = scrambled(new Float32Array(2 * 3 * 256 * 256), 3)

function launches({ driver }: Fresh): number {
  return driver.log().filter((call) => call === 'cuLaunchKernel').length
}

function masks(fresh: Fresh) {
  const { GridMask } = fresh.library
  const auto = new GridMask(options)
  const expected = new GridMask({ ...options, device: 'cpu' }).apply(images, { shape, index: 0 })
  return { auto, expected }
}

onTestDriver(
  'a slow GPU is timed a few times, then left alone',
  async () => {
    const fresh = freshDriver({ delay: 2000 })
    const { auto, expected } = masks(fresh)
    for (let i = 0; i < 8; i++) expectSame(auto.apply(images, { shape, index: 0 }), expected)
    const timed = launches(fresh)
    expect(timed).toBeGreaterThan(0)
    for (let i = 0; i < 4; i++) expectSame(auto.apply(images, { shape, index: 0 }), expected)
    expect(launches(fresh)).toBe(timed)
    // In place is another kind of batch, and so is one of another size.
    const out = images.slice()
    auto.apply(out, { shape, index: 0, out })
    expectSame(out, expected)
    expect(launches(fresh)).toBeGreaterThan(timed)
    expectSame(await auto.applyAsync(images.slice(), { shape, index: 0 }), expected)
  },
  60_000,
)

onTestDriver('a small batch is not worth a look', () => {
  const fresh = freshDriver()
  const { library, driver } = fresh
  const before = driver.log().length
  const gridmask = new library.GridMask(options)
  gridmask.apply(new Float32Array(3 * 32 * 32), { shape: [1, 3, 32, 32] })
  expect(driver.log().length).toBe(before)
})

onTestDriver.each([
  'cuModuleLoadData',
  'cuMemAllocFromPoolAsync',
  'cuMemcpyDtoHAsync',
  'cuEventSynchronize',
])('where %s fails, the CPU does it, in place too', async (call) => {
  const fresh = freshDriver()
  const { auto, expected } = masks(fresh)
  fresh.driver.fail(call, 1, 2, 1e9, false)
  expectSame(auto.apply(images, { shape, index: 0 }), expected)
  const out = images.slice()
  auto.apply(out, { shape, index: 0, out })
  expectSame(out, expected)
  expectSame(await auto.applyAsync(images.slice(), { shape, index: 0 }), expected)
  fresh.driver.reset()
  auto.apply(images, { shape, index: 0 })
  expect(launches(fresh)).toBe(0)
})
