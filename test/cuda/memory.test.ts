// Where device memory comes from, what happens when there is none left, and how it is freed: with the
// driver's pools and without.
import { describe, expect } from '@jest/globals'
import { bytesOf, expectSame, freshDriver, onTestDriver, scrambled } from './support'

const shape = [3, 2, 31, 33] as const
const newImages = () => scrambled(new Float32Array(3 * 2 * 31 * 33), 9)

describe.each([
  ["with the driver's pools", 1, 'cuMemAllocFromPoolAsync'],
  ['without', 0, 'cuMemAlloc'],
])('out of memory, %s', (_, pools, call) => {
  onTestDriver('says how much was asked for, and the next call works', () => {
    const { library, driver } = freshDriver({ memory: 100_000, pools })
    const images = new Float32Array(60_000)
    const request = { shape: [1, 1, 200, 300] } as const
    let error: unknown
    try {
      library.DeviceTensor.from(images, request)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({
      code: 'ERR_CUDA_OUT_OF_MEMORY',
      message:
        `${call} failed with CUDA_ERROR_OUT_OF_MEMORY (as the test driver was told) while ` +
        'allocating 240000 bytes on cuda:0',
    })
    expect(driver.live().allocations).toBe(0)
    driver.configure({ memory: 1_000_000 })
    using tensor = library.DeviceTensor.from(images, request)
    expect(bytesOf(tensor.download()).every((byte) => byte === 0)).toBe(true)
  })

  onTestDriver('what only waits to be used again is given to who needs it now', () => {
    const { library, driver } = freshDriver({ memory: 64 << 20, pools, delay: 2000 })
    const { DeviceTensor } = library
    const small = { shape: [1, 1, 1024, 1024], dtype: 'uint8' } as const
    const tensors = Array.from({ length: 14 }, (_, i) =>
      DeviceTensor.from(new Uint8Array(1 << 20).fill(i), small),
    )
    for (const tensor of tensors) tensor.dispose()
    // More than is left beside what is kept of those.
    const large = new Uint8Array(60 << 20).fill(7)
    using tensor = DeviceTensor.from(large, { shape: [60, 1, 1024, 1024] })
    expectSame(tensor.download(), large)
    expect(() => DeviceTensor.from(large, { shape: [60, 1, 1024, 1024] })).toThrow(
      expect.objectContaining({ code: 'ERR_CUDA_OUT_OF_MEMORY' }),
    )
    tensor.dispose()
    using again = DeviceTensor.from(large, { shape: [60, 1, 1024, 1024] })
    expectSame(again.download(), large)
    expect(driver.violations()).toEqual([])
  })

  onTestDriver('what was freed is kept for others, up to a quarter of the memory', () => {
    const MiB = 2 ** 20
    const { library, driver } = freshDriver({ memory: 64 * MiB, pools })
    const { DeviceTensor } = library
    const upload = (bytes: number) =>
      DeviceTensor.from(new Uint8Array(bytes), { shape: [1, 1, bytes / 1024, 1024] })
    const held = () => {
      driver.settle()
      // Any waiting call: that is when a pool of the driver gives back.
      using small = upload(1024)
      small.download()
      const { reserved, bytes } = driver.live()
      return pools === 1 ? reserved : bytes
    }
    using _kept = upload(4 * MiB)
    const tensors = Array.from({ length: 5 }, () => upload(2 * MiB))
    for (const tensor of tensors) tensor.dispose()
    expect(held()).toBeGreaterThanOrEqual(14 * MiB)
    driver.reset()
    const again = Array.from({ length: 5 }, () => upload(2 * MiB))
    expect(driver.log().filter((one) => /^cuMem(Alloc|Free)$/.test(one))).toEqual([])
    const more = Array.from({ length: 10 }, () => upload(4 * MiB))
    for (const tensor of [...again, ...more]) tensor.dispose()
    expect(held()).toBeGreaterThanOrEqual(14 * MiB)
    expect(held()).toBeLessThan(21 * MiB)
    expect(driver.violations()).toEqual([])
  })

  onTestDriver('emptyCache() gives back what is not in use', () => {
    const { library, driver } = freshDriver({ pools })
    const gridmask = new library.GridMask({ ratio: 0.5, unit: 8, device: 'cuda' })
    using tensor = library.DeviceTensor.from(newImages(), { shape })
    gridmask.apply(tensor, { index: 0 }).dispose()
    gridmask.apply(newImages(), { shape, index: 0 })
    driver.settle()
    library.DeviceTensor.emptyCache()
    const { allocations, bytes, reserved, pinned } = driver.live()
    const { byteLength } = newImages()
    expect({ allocations, pinned }).toEqual({ allocations: 1, pinned: 0 })
    expect(pools === 1 ? reserved : bytes).toBeLessThan(byteLength + 512)
    expectSame(tensor.download(), newImages())
  })
})

onTestDriver('a batch larger than the caches, into arrays at any offset', () => {
  const { library } = freshDriver()
  const shape = [1, 1, 4111, 4099] as const
  const length = shape[2] * shape[3]
  const images = scrambled(new Uint8Array(length), 6)
  const options = { ratio: 0.5, unit: 300, rotate: 360, seed: 3 } as const
  const expected = new library.GridMask(options).apply(images, { shape, index: 0 })
  const gridmask = new library.GridMask({ ...options, device: 'cuda' })
  for (const offset of [0, 3]) {
    const out = new Uint8Array(new ArrayBuffer(length + offset), offset)
    expectSame(gridmask.apply(images, { shape, index: 0, out }), expected)
  }
})
