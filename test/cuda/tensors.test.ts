// The life of a DeviceTensor: its properties, what it refuses, and when its memory is freed.
import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'
import * as workerThreads from 'node:worker_threads'
import { describe, expect, test } from '@jest/globals'
import { expectSame, freshDriver, loadLibrary, onGpu, onTestDriver, scrambled } from './support'

const { applyPlan, DeviceTensor, GridMask, GridMaskError } = loadLibrary()

const shape = [2, 3, 20, 24] as const
const length = 2 * 3 * 20 * 24
const newImages = () => scrambled(new Float32Array(length), 4)
const gridmask = new GridMask({ ratio: 0.5, unit: 8, rotate: 360, seed: 1, device: 'cpu' })
const expected = gridmask.apply(newImages(), { shape, index: 0 })

function codeOf(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    if (error instanceof GridMaskError) return error.code
    throw error
  }
  return undefined
}

test('says what it holds', () => {
  const images = new Uint16Array(length)
  const request = { shape: [2, 20, 24, 3], layout: 'NHWC', dtype: 'bfloat16' } as const
  const tensor = DeviceTensor.from(images, request)
  expect(tensor).toMatchObject({ ...request, device: 'cuda:0', disposed: false })
  expect(Object.isFrozen(tensor.shape)).toBe(true)
  expect(typeof tensor.pointer).toBe('bigint')
  expect(tensor.pointer % 256n).toBe(0n)
  expect(tensor.download()).toBeInstanceOf(Uint16Array)
  tensor.dispose()
})

test('shows what it holds, and whether it still does', () => {
  const tensor = DeviceTensor.from(newImages(), { shape })
  const fields = `device: 'cuda:0', shape: [ 2, 3, 20, 24 ], layout: 'NCHW', dtype: 'float32', disposed:`
  expect(inspect(tensor, { breakLength: Infinity })).toBe(`DeviceTensor { ${fields} false }`)
  expect(inspect({ a: { b: { c: tensor } } })).toContain('c: [DeviceTensor]')
  tensor.dispose()
  expect(inspect(tensor, { breakLength: Infinity })).toBe(`DeviceTensor { ${fields} true }`)
})

test('a clone is refused, by the runtime or where it is used', () => {
  using tensor = DeviceTensor.from(newImages(), { shape })
  const use = () => gridmask.apply(structuredClone(tensor) as never, { shape })
  expect(use).toThrow(/could not be cloned|A clone of a DeviceTensor has no memory: send what/)
  expect(JSON.parse(JSON.stringify(tensor))).toEqual({
    ...{ shape: [...shape], layout: 'NCHW', dtype: 'float32', device: 'cuda:0' },
  })
})

test.each([Float32Array, Uint8Array, Uint8ClampedArray])(
  'download() makes the type of array that from() was given: %p',
  async (View) => {
    const images = scrambled(new View(length))
    using tensor = DeviceTensor.from(images, { shape })
    expect(tensor.download()).toBeInstanceOf(View)
    expectSame(tensor.download(), images)
    expectSame(await tensor.downloadAsync(), images)
    const out = new View(length)
    expect(tensor.download({ out } as never)).toBe(out)
    expectSame(out, images)
  },
)

test('views at any offset and shared memory', () => {
  const bytes = scrambled(new Uint8Array(new SharedArrayBuffer(length + 7)))
  const view = bytes.subarray(3, 3 + length)
  using tensor = DeviceTensor.from(view, { shape })
  expectSame(tensor.download(), view)
  const out = new Uint8Array(new SharedArrayBuffer(length + 7)).subarray(5, 5 + length)
  tensor.download({ out })
  expectSame(out, view)
})

describe('disposed of', () => {
  test('it refuses every use, and a second dispose() does nothing', async () => {
    const tensor = DeviceTensor.from(newImages(), { shape })
    const other = DeviceTensor.from(newImages(), { shape })
    tensor.dispose()
    tensor.dispose()
    tensor[Symbol.dispose]()
    expect(tensor.disposed).toBe(true)
    const uses = {
      pointer: () => tensor.pointer,
      stream: () => tensor.stream,
      download: () => tensor.download(),
      apply: () => gridmask.apply(tensor),
      'apply, out': () => gridmask.apply(other, { out: tensor }),
      applyPlan: () => applyPlan(tensor, gridmask.plan({ count: 2 })),
    }
    for (const [name, use] of Object.entries(uses)) {
      expect([name, codeOf(use)]).toEqual([name, 'ERR_DISPOSED'])
    }
    await expect(tensor.downloadAsync()).rejects.toMatchObject({ code: 'ERR_DISPOSED' })
    await expect(tensor.ready()).rejects.toMatchObject({ code: 'ERR_DISPOSED' })
    await expect(gridmask.applyAsync(tensor)).rejects.toMatchObject({ code: 'ERR_DISPOSED' })
    other.dispose()
  })

  test('while operations are in progress, these finish first', async () => {
    const tensor = DeviceTensor.from(newImages(), { shape })
    const masked = gridmask.applyAsync(tensor, { index: 0, out: tensor })
    const back = tensor.downloadAsync()
    tensor.dispose()
    expect(codeOf(() => tensor.pointer)).toBe('ERR_DISPOSED')
    await masked
    expectSame(await back, expected)
  })
})

test('operations on a tensor happen in the order of the calls', async () => {
  using tensor = DeviceTensor.from(newImages(), { shape })
  const whole = { d: 8, ratio: 0.5, deltaX: 0, deltaY: 0 }
  const results: Promise<Float32Array>[] = []
  const wanted: Float32Array[] = []
  const reference = newImages()
  for (let i = 0; i < 12; i++) {
    const plan = [0, 1].map(() => ({ ...whole, deltaX: i % 8, angle: 31 * i }))
    void gridmask.applyAsync(tensor, { plan, out: tensor })
    results.push(tensor.downloadAsync())
    gridmask.apply(reference, { shape, plan, out: reference })
    wanted.push(reference.slice())
  }
  // A synchronous call in between waits for those before it.
  expectSame(tensor.download(), wanted[11] as Float32Array)
  for (const [i, result] of results.entries()) expectSame(await result, wanted[i] as Float32Array)
})

test('apply() needs nothing that the tensor knows, and refuses what contradicts it', () => {
  using tensor = DeviceTensor.from(newImages(), { shape })
  using masked = gridmask.apply(tensor, { index: 0, shape, layout: 'NCHW', dtype: 'float32' })
  expectSame(masked.download(), expected)
  using planned = applyPlan(tensor, gridmask.plan({ count: 2, index: 0 }))
  expectSame(planned.download(), expected)
  expect(codeOf(() => gridmask.apply(tensor, { shape: [2, 3, 24, 20] }))).toBe('ERR_SHAPE_MISMATCH')
  expect(codeOf(() => gridmask.apply(tensor, { layout: 'NHWC' }))).toBe('ERR_SHAPE_MISMATCH')
  expect(codeOf(() => gridmask.apply(tensor, { dtype: 'uint8' }))).toBe('ERR_SHAPE_MISMATCH')
  expect(codeOf(() => gridmask.apply(tensor, { out: newImages() } as never))).toBe(
    'ERR_INVALID_ARG_TYPE',
  )
  expect(codeOf(() => gridmask.apply(newImages(), { shape, out: tensor } as never))).toBe(
    'ERR_INVALID_ARG_TYPE',
  )
  using bytes = DeviceTensor.from(new Uint8Array(length), { shape })
  expect(codeOf(() => gridmask.apply(tensor, { out: bytes } as never))).toBe(
    'ERR_INVALID_ARG_VALUE',
  )
  using other = DeviceTensor.from(newImages(), { shape: [2, 3, 24, 20] })
  expect(codeOf(() => gridmask.apply(tensor, { out: other }))).toBe('ERR_SHAPE_MISMATCH')
  expect(codeOf(() => applyPlan(tensor, [{ d: 4, ratio: 0.5 }]))).toBe('ERR_SHAPE_MISMATCH')
  expect(codeOf(() => applyPlan(tensor, [], { device: 'cpu' } as never))).toBe(
    'ERR_INVALID_ARG_VALUE',
  )
})

test('a failed call counts no samples as seen', () => {
  const own = new GridMask({ ratio: 0.5, unit: 8, rotate: 360, seed: 1 })
  using tensor = DeviceTensor.from(newImages(), { shape })
  expect(codeOf(() => own.apply(tensor, { out: newImages() } as never))).toBe(
    'ERR_INVALID_ARG_TYPE',
  )
  using masked = own.apply(tensor)
  expectSame(masked.download(), expected)
})

test('a getter of the request that calls the same method changes nothing for it', () => {
  using tensor = DeviceTensor.from(newImages(), { shape })
  const request = {
    index: 0,
    get out() {
      gridmask.apply(newImages(), { shape, epoch: 9, index: 77 })
      return undefined
    },
  }
  using masked = gridmask.apply(tensor, request as object)
  expectSame(masked.download(), expected)
})

test('a clone is an error where Node can tell', () => {
  using tensor = DeviceTensor.from(newImages(), { shape })
  if ('markAsUncloneable' in workerThreads) expect(() => structuredClone(tensor)).toThrow()
  else expect(DeviceTensor.is(structuredClone(tensor))).toBe(false)
})

describe('wrap()', () => {
  const dtype = 'float32'

  test("reads and writes another's memory, and leaves it there", () => {
    const owner = DeviceTensor.from(newImages(), { shape })
    const { pointer, stream } = owner
    const tensor = DeviceTensor.wrap({ pointer, shape, dtype, device: 'cuda:0', stream })
    expect(tensor.stream).toBe(stream)
    expect(tensor.pointer).toBe(pointer)
    gridmask.apply(tensor, { index: 0, out: tensor })
    tensor.dispose()
    expectSame(owner.download(), expected)
    owner.dispose()
  })

  test('two over the same memory work in place; a partial overlap does not', () => {
    using owner = DeviceTensor.from(newImages(), { shape })
    const { pointer, stream } = owner
    const a = DeviceTensor.wrap({ pointer, shape, dtype, stream })
    const b = DeviceTensor.wrap({ pointer, shape, dtype, stream })
    gridmask.apply(a, { index: 0, out: b })
    expectSame(owner.download(), expected)
    const half = [1, 3, 20, 24] as const
    const low = DeviceTensor.wrap({ pointer, shape: half, dtype })
    const high = DeviceTensor.wrap({ pointer: pointer + 64n, shape: half, dtype })
    expect(codeOf(() => gridmask.apply(low, { out: high }))).toBe('ERR_OVERLAP')
  })

  test('refuses what is not memory of the device', () => {
    using owner = DeviceTensor.from(newImages(), { shape })
    const { pointer } = owner
    const wrap = (given: object) => () =>
      DeviceTensor.wrap({ pointer, shape, dtype, ...given } as never)
    expect(codeOf(wrap({ pointer: 4096n }))).toBe('ERR_INVALID_ARG_VALUE')
    expect(codeOf(wrap({ pointer: pointer + 2n }))).toBe('ERR_INVALID_ARG_VALUE')
    // A driver may allocate more memory than requested.
    if (!onGpu) expect(codeOf(wrap({ pointer: pointer + 4n }))).toBe('ERR_INVALID_ARG_VALUE')
    expect(codeOf(wrap({ shape: [3000, 3, 20, 24] }))).toBe('ERR_INVALID_ARG_VALUE')
    expect(codeOf(wrap({ pointer: Number(pointer) }))).toBe('ERR_INVALID_ARG_TYPE')
    expect(codeOf(wrap({ pointer: 0n }))).toBe('ERR_OUT_OF_RANGE')
    expect(codeOf(wrap({ pointer: 1n << 64n }))).toBe('ERR_OUT_OF_RANGE')
    expect(codeOf(wrap({ stream: 2n }))).toBe('ERR_INVALID_ARG_VALUE')
    expect(codeOf(wrap({ dtype: undefined }))).toBe('ERR_INVALID_ARG_TYPE')
    expect(codeOf(wrap({ device: 'cpu' }))).toBe('ERR_INVALID_ARG_VALUE')
    expect(codeOf(wrap({ strides: [1] }))).toBe('ERR_INVALID_ARG_VALUE')
  })

  onTestDriver('tells memory of another device from its own', () => {
    const { library } = freshDriver({ devices: 2 })
    const images = newImages()
    using there = library.DeviceTensor.from(images, { shape, device: 'cuda:1' })
    expect(there.device).toBe('cuda:1')
    const { pointer } = there
    expect(() => library.DeviceTensor.wrap({ pointer, shape, dtype })).toThrow(
      'an address of memory of cuda:0, not of another device',
    )
    const { stream } = there
    using second = library.DeviceTensor.wrap({ pointer, shape, dtype, device: 'cuda:1', stream })
    const own = new library.GridMask({ ratio: 0.5, unit: 8, rotate: 360, seed: 1 })
    own.apply(second, { index: 0, out: there })
    expectSame(there.download(), expected)
    using here = library.DeviceTensor.from(images, { shape })
    expect(() => own.apply(here, { out: there })).toThrow('`out` to have device cuda:0')
  })
})

test('from() refuses what apply() does', () => {
  const from = (images: unknown, request: object) => () =>
    DeviceTensor.from(images as never, request as never)
  expect(codeOf(from(newImages(), { shape: [1, 3, 20, 24] }))).toBe('ERR_SHAPE_MISMATCH')
  expect(codeOf(from(new Uint16Array(length), { shape }))).toBe('ERR_INVALID_ARG_TYPE')
  expect(codeOf(from([1, 2], { shape }))).toBe('ERR_INVALID_ARG_TYPE')
  expect(codeOf(from(newImages(), { shape, device: 'cpu' }))).toBe('ERR_INVALID_ARG_VALUE')
  expect(codeOf(from(newImages(), { shape, device: 'cuda:99' }))).toBe('ERR_CUDA_UNAVAILABLE')
  expect(codeOf(from(newImages(), { shape, devise: 'cuda' }))).toBe('ERR_INVALID_ARG_VALUE')
  const images = newImages()
  structuredClone(images, { transfer: [images.buffer] })
  expect(codeOf(from(images, { shape }))).toBe('ERR_BUFFER_DETACHED')
})

onTestDriver('a tensor that is garbage-collected gives its memory back', async () => {
  const { library, driver } = freshDriver()
  const make = () => {
    for (let i = 0; i < 50; i++) library.DeviceTensor.from(newImages(), { shape })
  }
  make()
  expect(driver.live().allocations).toBe(50)
  for (let i = 0; i < 20 && driver.live().allocations > 0; i++) {
    globalThis.gc?.()
    await setImmediate()
  }
  expect(driver.live()).toMatchObject({ allocations: 0, pushed: 0 })
  expect(driver.violations()).toEqual([])
})
