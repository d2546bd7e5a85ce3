// Host memory that the device reads and writes directly.
import { setImmediate } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import type { DeviceTensor } from '../../lib/index'
import { expectSame, freshDriver, loadLibrary, onTestDriver, scrambled } from './support'

const shape = [2, 3, 20, 24] as const
const length = 2 * 3 * 20 * 24

test('is uploaded and downloaded, as a whole and in part', async () => {
  const { DeviceTensor } = loadLibrary()
  const memory = DeviceTensor.allocateHost(4 * (length + 8))
  expect(memory).toBeInstanceOf(SharedArrayBuffer)
  const images = scrambled(new Float32Array(memory, 16, length), 3)
  const expected = images.slice()
  using tensor = DeviceTensor.from(images, { shape })
  await tensor.ready()
  images.fill(0)
  expectSame(tensor.download(), expected)
  expect(tensor.download({ out: images })).toBe(images)
  expectSame(images, expected)
  expectSame(await tensor.downloadAsync(), expected)
  expect(DeviceTensor.allocateHost(0).byteLength).toBe(0)
  expect(() => DeviceTensor.allocateHost(-1)).toThrow(
    expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
  )
})

onTestDriver('needs no memory between, and is not waited for', async () => {
  const { driver, library } = freshDriver()
  const { DeviceTensor } = library
  const images = scrambled(new Float32Array(DeviceTensor.allocateHost(4 * length)), 3)
  DeviceTensor.from(images, { shape }).dispose()
  const other = DeviceTensor.from(images, { shape })
  driver.settle()
  driver.stall(other.stream, 100)
  driver.reset()
  using tensor = DeviceTensor.from(images, { shape })
  expect(driver.live()).toMatchObject({ pending: 1, pinned: 1 })
  expect(driver.log().filter((call) => call.startsWith('cuMemcpy'))).toEqual(['cuMemcpyHtoDAsync'])
  await tensor.ready()
  expectSame(tensor.download({ out: images }), images)
  expect(driver.live().pinned).toBe(1)
})

onTestDriver('is unpinned when nobody has the array, and not before it was read', async () => {
  const { driver, library } = freshDriver({ delay: 5000 })
  const { DeviceTensor } = library
  const make = () => {
    const images = scrambled(new Float32Array(DeviceTensor.allocateHost(4 * length)), 3)
    return DeviceTensor.from(images, { shape })
  }
  const tensor = make()
  expect(driver.live().pinned).toBe(1)
  for (let i = 0; i < 30 && driver.live().pinned > 0; i++) {
    globalThis.gc?.()
    await setImmediate()
  }
  expect(driver.live().pinned).toBe(0)
  expectSame(tensor.download(), scrambled(new Float32Array(length), 3))
  expect(driver.violations()).toEqual([])
})

onTestDriver.each([
  ['read', false],
  ['written', true],
])('stays pinned until every stream has %s it', async (_, writes) => {
  const { driver, library } = freshDriver()
  const { DeviceTensor } = library
  const use = () => {
    const images = scrambled(new Float32Array(DeviceTensor.allocateHost(4 * length)), 3)
    const tensors = [undefined, 0n].map((stream) =>
      DeviceTensor.from(images, { shape, ...(stream === undefined ? {} : { stream }) }),
    )
    const [first, second] = tensors as [DeviceTensor<Float32Array>, DeviceTensor<Float32Array>]
    driver.settle()
    driver.stall(first.stream, 150)
    const slow = DeviceTensor.from(images, { shape })
    // Another stream is done with it long before.
    const fast = writes ? second : DeviceTensor.from(images, { shape, stream: 0n })
    if (writes) second.download({ out: images })
    return [slow, fast]
  }
  const tensors = use()
  expect(driver.live()).toMatchObject({ pinned: 1 })
  for (let i = 0; i < 30 && driver.live().pinned > 0; i++) {
    globalThis.gc?.()
    await setImmediate()
  }
  expect(driver.live().pinned).toBe(0)
  for (const tensor of tensors)
    expectSame(tensor.download(), scrambled(new Float32Array(length), 3))
  expect(driver.violations()).toEqual([])
})

// The copy is under way, but nothing says when it is done.
onTestDriver('stays pinned while it is read, if the driver fails after the copy', async () => {
  const { driver, library } = freshDriver()
  const { DeviceTensor } = library
  const use = () => {
    const images = scrambled(new Float32Array(DeviceTensor.allocateHost(4 * length)), 3)
    const tensor = DeviceTensor.from(images, { shape })
    driver.settle()
    driver.stall(tensor.stream, 100)
    driver.fail('cuEventRecord', 1, 999, 1, false)
    return DeviceTensor.from(images, { shape })
  }
  const tensor = use()
  for (let i = 0; i < 30 && driver.live().pinned > 0; i++) {
    globalThis.gc?.()
    await setImmediate()
  }
  expectSame(tensor.download(), scrambled(new Float32Array(length), 3))
  expect(driver.violations()).toEqual([])
})

onTestDriver('that the driver cannot pin is an error', () => {
  const { driver, library } = freshDriver()
  driver.fail('cuMemHostRegister', 1, 2, 1, false)
  expect(() => library.DeviceTensor.allocateHost(100)).toThrow(
    /^cuMemHostRegister failed with CUDA_ERROR_OUT_OF_MEMORY .* while pinning 100 bytes/,
  )
  expect(library.DeviceTensor.allocateHost(100).byteLength).toBe(100)
  expect(driver.live().pinned).toBe(1)
})
