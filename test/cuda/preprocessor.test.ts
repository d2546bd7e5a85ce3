// Preprocessor on CUDA against the oracle and the CPU backend, bit for bit: host arrays that are staged in
// chunks, tensors, tensors over any address.
import { describe, expect, test } from '@jest/globals'
import { native } from '../../lib/backend/native'
import { type BatchHeader, packHeader } from '../../lib/core/batch-header'
import type { DeviceTensor, ImageArray, ImageSources, Preprocessor } from '../../lib/index'
import { batches, batchOf } from '../preprocessor/batches'
import { code } from '../support'
import {
  expectSame,
  type Fresh,
  freshDriver,
  oddTensors,
  onDriver,
  onGpu,
  onTestDriver,
  scrambled,
} from './support'

const { library, property } = onDriver({
  batches,
  prepare(on, given) {
    const batch = batchOf(on, given)
    const cuda = new on.Preprocessor({ ...batch.options, device: 'cuda' })
    return { ...batch, cuda }
  },
  runs: onGpu ? 100 : 150,
})
const { DeviceTensor: Tensor, GridMask, normalization, Preprocessor: Class, presets } = library

property('host images', ({ cuda, images, request, expected }) => {
  using result = cuda.apply(images, request)
  expectSame(result.download(), expected)
})

property('off the main thread', async ({ cuda, images, request, expected }) => {
  using result = await cuda.applyAsync(images, request)
  expectSame(result.download(), expected)
})

/** The batch as a tensor, where it is one array. */
function uploaded(
  images: ImageSources,
  { shape, layout }: { shape?: number[]; layout?: 'NCHW' | 'NHWC' },
) {
  const array = images as Uint8Array | Uint8ClampedArray | Float32Array
  const { buffer, byteOffset, length } = array
  const values =
    array instanceof Float32Array
      ? array
      : new Uint8Array(buffer as ArrayBuffer, byteOffset, length)
  return Tensor.from(values as ImageArray, { shape: shape as number[], layout })
}

property('tensors', ({ cuda, together, images, request, expected }) => {
  if (!together) return
  using source = uploaded(images as ImageSources, request)
  using result = cuda.apply(source, { plan: request.plan })
  expectSame(result.download(), expected)
})

property(
  'tensors over any address, into others',
  ({ cuda, together, images, request, expected }) => {
    if (!together) return
    using whole = uploaded(images as ImageSources, request)
    if (whole.pointer === 0n) return
    const { shape, layout } = request as { shape: number[]; layout: 'NCHW' | 'NHWC' }
    const bytes = whole.download().byteLength
    using from = oddTensors(library, { shape, layout, dtype: whole.dtype }, bytes)
    // Moved there as they are.
    const none = Array.from({ length: whole.shape[0] }, () => ({
      ...{ d: 2, ratio: 0.5, deltaX: 0, deltaY: 0, angle: 0, masked: false },
    }))
    library.applyPlan(whole, none, { out: from.source })
    const { options } = cuda
    using result = cuda.apply(whole, { plan: request.plan })
    const to = oddTensors(
      library,
      { shape: result.shape, layout: result.layout, dtype: options.dtype ?? 'float32' },
      expected.byteLength,
    )
    expect(cuda.apply(from.source, { plan: request.plan, out: to.target })).toBe(to.target)
    expectSame(to.target.download(), expected)
    to.expectRestUntouched()
    to[Symbol.dispose]()
  },
)

const shape = [3, 20, 24, 3] as const
const bytes = scrambled(new Uint8Array(3 * 20 * 24 * 3), 5)
const options = {
  size: [16, 16],
  padding: 2,
  crop: 'random',
  flip: 0.5,
  normalize: normalization.imagenet,
  gridmask: { ratio: 0.5, unit: 6, rotate: 360 },
  seed: 3,
} as const

describe('draws', () => {
  test("are the CPU's, numbered by the instance too", () => {
    const cpu = new Class(options)
    const cuda = new Class({ ...options, device: 'cuda:0' })
    cpu.setEpoch(4)
    cuda.setEpoch(4)
    for (let i = 0; i < 3; i++) {
      using result = cuda.apply(bytes, { shape })
      expectSame(result.download(), cpu.apply(bytes, { shape }))
    }
    const request = { shape, epoch: 2, indices: [5, 2 ** 33, 0] }
    using result = cuda.apply(bytes, request)
    expectSame(result.download(), cpu.apply(bytes, request))
    expect([cuda.epoch, cuda.options.device]).toEqual([4, 'cuda:0'])
  })

  test.each([
    ['uniform', { noise: 'uniform', low: -1, high: 1 }],
    [
      'normal, each channel its own',
      { noise: 'normal', mean: 0, std: [1, 2, 3], channels: 'independent' },
    ],
  ] as const)('noise for a fill: %s', async (_, fill) => {
    const { channels, ...noise } = fill as typeof fill & { channels?: string }
    const gridmask = { ...options.gridmask, fill: noise }
    for (const dtype of ['float32', 'float16'] as const) {
      const cpu = new Class({ ...options, gridmask, dtype })
      const expected = cpu.apply(bytes, { shape, index: 7 })
      using result = cpu.apply(bytes, { shape, index: 7, device: 'cuda' })
      expectSame(result.download(), expected)
      using later = await cpu.applyAsync(bytes.slice(), { shape, index: 7, device: 'cuda' })
      expectSame(later.download(), expected)
    }
  })

  test('Random GridMask, large units and reversed masks', () => {
    for (const gridmask of [
      { ratio: 0.4, unit: 5, unitProbability: 0.5 },
      { ratio: 0.4, unit: 2500, rotate: 360 },
      { ratio: 0.6, unit: [3, 9], reverse: true, rotate: 91 },
    ] as const) {
      for (const layout of ['NCHW', 'NHWC'] as const) {
        const cpu = new Class({ ...options, gridmask, layout })
        using result = cpu.apply(bytes, { shape, index: 0, device: 'cuda' })
        expectSame(result.download(), cpu.apply(bytes, { shape, index: 0 }))
      }
    }
  })

  test('a batch of more images than fit the parameters of a launch', () => {
    const many = scrambled(new Uint8Array(300 * 8 * 8 * 3), 2)
    const cpu = new Class({ padding: 2, size: [8, 8], crop: 'random', gridmask: presets.cifar10 })
    const request = { shape: [300, 8, 8, 3], index: 0, epoch: 200 } as const
    using result = cpu.apply(many, { ...request, device: 'cuda' })
    expectSame(result.download(), cpu.apply(many, request))
  })
})

describe('where the work is done', () => {
  const cpu = new Class(options)
  const expected = cpu.apply(bytes, { shape, index: 0 })

  test('the request goes before the instance, and a tensor before both', () => {
    const cuda = new Class({ ...options, device: 'cuda' })
    expectSame(cuda.apply(bytes, { shape, index: 0, device: 'cpu' }), expected)
    expectSame(cuda.apply(bytes, { shape, index: 0, device: 'auto' }), expected)
    using source = Tensor.from(bytes, { shape, layout: 'NHWC' })
    using result = new Class({ ...options, device: 'cpu' }).apply(source, { index: 0 })
    expectSame(result.download(), expected)
    expect(() => cpu.apply(source, { index: 0, device: 'cpu' })).toThrow(
      code('ERR_INVALID_ARG_VALUE'),
    )
  })

  test('`out` is a tensor, and names the device too', () => {
    using out = cpu.apply(bytes, { shape, index: 9, device: 'cuda' })
    expect(cpu.apply(bytes, { shape, index: 0, out })).toBe(out)
    expectSame(out.download(), expected)
  })

  test('a result can be used further', () => {
    using result = cpu.apply(bytes, { shape, index: 0, device: 'cuda' })
    expect(result).toMatchObject({ dtype: 'float32', layout: 'NCHW', shape: [3, 3, 16, 16] })
    const again = new GridMask({ ratio: 0.5, unit: 4, seed: 99 })
    again.apply(result, { index: 0, out: result })
    const shapeOfResult = [3, 3, 16, 16] as const
    expectSame(result.download(), again.apply(expected.slice(), { shape: shapeOfResult, index: 0 }))
  })

  test('an array on pinned memory', async () => {
    const pinned = new Uint8Array(Tensor.allocateHost(bytes.length))
    pinned.set(bytes)
    const whole = new Class({ normalize: normalization.cifar10 })
    using result = whole.apply(pinned, { shape, device: 'cuda' })
    await result.ready()
    expectSame(result.download(), whole.apply(bytes, { shape }))
    using later = await whole.applyAsync(pinned, { shape, device: 'cuda' })
    expectSame(later.download(), whole.apply(bytes, { shape }))
  })

  test('no images, and images without pixels', async () => {
    using none = new Class({ device: 'cuda' }).apply([])
    expect(none.shape).toEqual([0, 0, 0, 0])
    const cropped = new Class({ size: [4, 5], gridmask: { ratio: 0.5, unit: 4, fill: [1, 2, 3] } })
    using known = cropped.apply(new Uint8Array(0), { shape: [0, 6, 7, 3], device: 'cuda' })
    expect(known.shape).toEqual([0, 3, 4, 5])
    using bytes = Tensor.from(new Uint8Array(0), { shape: [0, 3, 6, 7] })
    using there = cropped.apply(bytes)
    expect(there.shape).toEqual([0, 3, 4, 5])
    const black = new Class({ size: [4, 4], padding: 2, device: 'cuda' })
    const empty = { data: new Uint8Array(0), height: 0, width: 7, channels: 3 }
    using result = black.apply([empty])
    expect([...result.download()]).toEqual(new Array(48).fill(0))
    using later = await black.applyAsync([empty])
    expect([...later.download()]).toEqual(new Array(48).fill(0))
  })
})

describe('refuses', () => {
  const cpu = new Class(options)
  const request = { shape, index: 0, device: 'cuda' } as const

  test('what does not fit', () => {
    const half = new Class({ ...options, dtype: 'float16' })
    using out = half.apply(bytes, request)
    expect(() => cpu.apply(bytes, { ...request, out })).toThrow(/`out` to have dtype float32/)
    using last = new Class({ ...options, layout: 'NHWC' }).apply(bytes, request)
    expect(() => cpu.apply(bytes, { ...request, out: last })).toThrow(/`out` to have layout NCHW/)
    const array = new Float32Array(3 * 3 * 16 * 16)
    expect(() => cpu.apply(bytes, { ...request, out: array })).toThrow(/`out` to be a DeviceTensor/)
    expect(() => cpu.apply(out, { index: 0 })).toThrow(
      /`images` to be a tensor of uint8 or float32, .* of float16$/,
    )
    using source = Tensor.from(bytes, { shape, layout: 'NHWC' })
    expect(() => cpu.apply(source, { shape: [3, 24, 20, 3] })).toThrow(code('ERR_SHAPE_MISMATCH'))
    expect(() => cpu.apply([source] as never)).toThrow(/`images\[0\]` .* without a list$/)
    expect(() => cpu.apply(source, { layout: 'NCHW' })).toThrow(code('ERR_SHAPE_MISMATCH'))
    expect(() => cpu.apply(bytes, { ...request, device: 'cuda:9' })).toThrow(
      code('ERR_CUDA_UNAVAILABLE'),
    )
  })

  test('a result over its images', () => {
    const same = new Class({ layout: 'NHWC' })
    using images = Tensor.from(new Float32Array(2 * 4 * 4 * 3), {
      ...{ shape: [2, 4, 4, 3], layout: 'NHWC' },
    })
    expect(() => same.apply(images, { out: images })).toThrow(code('ERR_OVERLAP'))
  })

  test('tensors that were disposed of, also during the upload of the images', async () => {
    const source = Tensor.from(bytes, { shape, layout: 'NHWC' })
    source.dispose()
    expect(() => cpu.apply(source)).toThrow(code('ERR_DISPOSED'))
    expect(() => cpu.apply(source)).toThrow(/`images` .* disposed of/)
    const out = cpu.apply(bytes, request)
    const result = cpu.applyAsync(bytes.slice(), { shape, index: 0, out })
    out.dispose()
    await expect(result).rejects.toThrow(code('ERR_DISPOSED'))
    expect(() => cpu.apply(bytes, { ...request, out })).toThrow(/`out` .* disposed of/)
  })
})

test('native functions refuse wrong arguments', () => {
  using source = Tensor.from(bytes, { shape, layout: 'NHWC' })
  using target = Tensor.from(new Float32Array(3 * 3 * 8 * 8), { shape: [3, 3, 8, 8] })
  const [from, to] = [Tensor.memory(source), Tensor.memory(target)]
  const layout = { count: 3, planes: 3, height: 8, width: 8, pixelBytes: 4, valueBytes: 4 }
  const staging = { threads: 1, pieceBytes: 4096 }
  const size = [20, 24, 3]
  const sizes = (first = size) => Int32Array.from([...first, ...size, ...size])
  const crop = [1, 2, 0]
  const crops = (last = crop) => Int32Array.from([...crop, ...crop, ...last])
  const scales = Float32Array.from([0, 1, 0, 1, 1, 0, 2, 1, 0])
  const fill = new Uint8Array(12)
  const header = (more: Partial<BatchHeader> = {}) => packHeader(layout, staging, more)
  type Rest = [
    ...[sizes: Int32Array, crops: Int32Array | Float64Array, scales: Float32Array],
    ...[samples: undefined, indices: undefined, fill: Uint8Array],
  ]
  const rest: Rest = [sizes(), crops(), scales, undefined, undefined, fill]
  const changed = (place: number, value: Rest[number]) => rest.with(place, value) as Rest
  expect(native.cuda.preprocess(header(), from, to, ...rest)).toBe(0)
  expect(native.cuda.preprocessHost(header(), [bytes], to, ...rest)).toBe(0)
  const lies: [Partial<BatchHeader>, Rest][] = [
    [{ count: 2 }, rest],
    [{ height: 9 }, rest],
    [{ planes: 2 ** 40 }, rest],
    [{ valueType: 1 }, rest],
    [{ valueType: 2 }, rest],
    [{ planarSource: 2 }, rest],
    [{ padding: 2 ** 20 }, rest],
    [{}, changed(0, sizes([21, 24, 3]))],
    [{}, changed(0, sizes([20, 24, 2]))],
    [{}, changed(0, sizes([-1, 24, 3]))],
    [{}, changed(0, sizes().subarray(3))],
    [{}, changed(1, crops([2 ** 30, 2, 0]))],
    [{}, changed(1, crops([13, 2, 0]))],
    [{}, changed(1, crops([1, 2, 2]))],
    [{}, changed(1, crops().subarray(3))],
    [{}, changed(1, Float64Array.of(1, 2, 0, 0, 0))],
    [{}, changed(2, scales.subarray(3))],
    [{}, changed(5, fill.subarray(4))],
  ]
  for (const [more, given] of lies) {
    expect([more, native.cuda.preprocess(header(more), from, to, ...given)]).toEqual([more, 1])
    expect([more, native.cuda.preprocessHost(header(more), [bytes], to, ...given)]).toEqual([
      more,
      1,
    ])
    expect(native.cuda.uploadImages(header(more), [bytes], to, ...given)).toBe(1)
  }
  for (const more of [{ floatSource: 1 }, { cutSource: 1 }, { floatSource: 2 }, { cutSource: 3 }]) {
    expect(native.cuda.preprocess(header(more), from, to, ...rest)).toBe(1)
  }
  expect(native.cuda.preprocess(header(), to, from, ...rest)).toBe(1)
  expect(native.cuda.preprocess(header(), {} as typeof from, to, ...rest)).toBe(1)
  for (const more of [{ threads: 0 }, { pieceBytes: 0 }, { threads: 2 ** 33 }]) {
    expect(native.cuda.preprocessHost(header(more), [bytes], to, ...rest)).toBe(1)
  }
  expect(native.cuda.preprocessHost(header(), [bytes.subarray(1)], to, ...rest)).toBe(1)
  expect(native.cuda.preprocessHost(header(), [bytes, bytes], to, ...rest)).toBe(1)
  expect(native.cuda.uploadImages(header(), [bytes], {} as typeof to, ...rest)).toBe(1)
})

describe('on streams', () => {
  interface Scene extends Fresh {
    preprocessor: Preprocessor
    expected: Float32Array
  }
  const newScene = (settings = {}, env = {}): Scene => {
    const fresh = freshDriver(settings, env)
    const preprocessor = new fresh.library.Preprocessor(options)
    return { ...fresh, preprocessor, expected: preprocessor.apply(bytes, { shape, index: 0 }) }
  }
  const LONG = 150

  onTestDriver('apply() returns before anything is done', () => {
    const { driver, library: own, preprocessor, expected } = newScene()
    using source = own.DeviceTensor.from(bytes, { shape, layout: 'NHWC' })
    driver.settle()
    driver.stall(source.stream, LONG)
    using result = preprocessor.apply(source, { index: 0 })
    using other = preprocessor.apply(bytes, { shape, index: 0, device: 'cuda' })
    expect(driver.live().pending).toBeGreaterThan(1)
    expectSame(result.download(), expected)
    expectSame(other.download(), expected)
    expect(driver.violations()).toEqual([])
  })

  onTestDriver('applyAsync() resolves when it is done', async () => {
    const { driver, library: own, preprocessor, expected } = newScene()
    using source = own.DeviceTensor.from(bytes, { shape, layout: 'NHWC' })
    driver.stall(source.stream, LONG)
    for (const images of [source, bytes.slice()] as const) {
      const given = images === source ? { index: 0 } : { shape, index: 0, device: 'cuda' as const }
      const result = (await preprocessor.applyAsync(images as DeviceTensor, given)) as DeviceTensor
      expect(driver.live().pending).toBe(0)
      expectSame(result.download(), expected)
      result.dispose()
    }
    driver.settle()
    expect(driver.live().allocations).toBe(1)
    expect(driver.violations()).toEqual([])
  })

  onTestDriver('images may be written to when apply() has returned', () => {
    for (const GRIDMASK_THREADS of ['1', '3']) {
      const env = { GRIDMASK_CUDA_CHUNK: '1000', GRIDMASK_THREADS }
      const { driver, preprocessor, expected } = newScene({ delay: 500 }, env)
      const images = bytes.slice()
      const result = preprocessor.apply(images, { shape, index: 0, device: 'cuda' })
      images.fill(0)
      expectSame(result.download(), expected)
      result.dispose()
      driver.settle()
      expect(driver.live().allocations).toBe(0)
      expect(driver.violations()).toEqual([])
    }
  })

  onTestDriver('of two tensors each waits for the other', () => {
    const { driver, library: own, preprocessor, expected } = newScene()
    const { DeviceTensor: Own } = own
    using source = Own.from(bytes, { shape, layout: 'NHWC', stream: 1n })
    using out = Own.from(new Float32Array(expected.length), { shape: [3, 3, 16, 16] })
    for (const stream of [1n, out.stream]) {
      driver.stall(stream, LONG)
      preprocessor.apply(source, { index: 0, out })
      expectSame(out.download(), expected)
    }
    using made = preprocessor.apply(source, { index: 0 })
    expect(made.stream).toBe(1n)
    expect(driver.violations()).toEqual([])
  })

  onTestDriver('what fails on the device is told later, once', async () => {
    const { driver, preprocessor } = newScene()
    driver.fail('kernel', 1, 700, 1, false)
    const result = preprocessor.apply(bytes, { shape, index: 0, device: 'cuda' })
    await expect(result.ready()).rejects.toThrow(code('ERR_CUDA'))
    driver.reset()
  })
})
