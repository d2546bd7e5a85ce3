// Preprocessor as its users call it.
import { Buffer } from 'node:buffer'
import { describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import {
  GridMask,
  keepRatio,
  maskOf,
  normalization,
  Preprocessor,
  PreprocessorPlan,
  presets,
  visibleFraction,
} from '../../lib/index'
import { expectBytes } from '../support'
import { storedBits } from './support'

const { imul } = Math

function bytesOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => imul(i + seed, 2654435761) >>> 24)
}

/** What a JavaScript user writes: values / 255, mean, std, channel by channel. In double precision. */
function plainly(bytes: Uint8Array, pixels: number): Float64Array {
  const { mean, std } = normalization.imagenet as { mean: number[]; std: number[] }
  return Float64Array.from({ length: bytes.length }, (_, i) => {
    const [n, rest] = [Math.floor(i / (3 * pixels)), i % (3 * pixels)]
    const [channel, pixel] = [Math.floor(rest / pixels), rest % pixels]
    const value = bytes[n * 3 * pixels + pixel * 3 + channel] as number
    return (value / 255 - (mean[channel] as number)) / (std[channel] as number)
  })
}

describe('without a mask', () => {
  test('it normalises as the loop does that it replaces', () => {
    const bytes = bytesOf(4 * 20 * 30 * 3)
    const preprocessor = new Preprocessor({ normalize: normalization.imagenet })
    const result = preprocessor.apply(bytes, { shape: [4, 20, 30, 3] })
    const loop = plainly(bytes, 20 * 30)
    expect(result).toBeInstanceOf(Float32Array)
    result.forEach((value, i) => {
      expect(Math.abs(value - (loop[i] as number))).toBeLessThan(1e-6)
    })
  })

  test('without anything values are divided by 255', () => {
    const result = new Preprocessor().apply(Uint8Array.of(0, 51, 255), { shape: [1, 1, 1, 3] })
    expect([...result]).toEqual([0, Math.fround(51 * Math.fround(1 / 255)), 1])
  })

  test('multiplication and addition are rounded one after the other', () => {
    // Fused, they would be rounded once: with these numbers most values show it.
    const [mean, std] = [0.4914, 0.247]
    const [a, b] = [Math.fround(1 / (255 * std)), Math.fround(-mean / std)]
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    const fused = bytes.reduce((count, v) => {
      const [twice, once] = [Math.fround(Math.fround(v * a) + b), Math.fround(v * a + b)]
      return count + (twice === once ? 0 : 1)
    }, 0)
    expect(fused).toBeGreaterThan(50)
    const result = new Preprocessor({ normalize: { mean, std } }).apply(bytes, {
      shape: [1, 1, 256, 1],
    })
    expect([...new Uint32Array(result.buffer, result.byteOffset, 256)]).toEqual(
      Array.from(bytes, (v) => storedBits(v, mean, std, 'float32')),
    )
  })
})

describe('images', () => {
  const options = { normalize: normalization.cifar10, layout: 'NHWC' } as const
  const preprocessor = new Preprocessor(options)
  const [height, width] = [9, 14]
  const bytes = bytesOf(2 * height * width * 3)
  const expected = preprocessor.apply(bytes, { shape: [2, height, width, 3] })
  const halves = [0, 1].map((i) =>
    bytes.slice((i * bytes.length) / 2, ((i + 1) * bytes.length) / 2),
  )

  test('may be a list of { data, width, height, channels }', () => {
    const list = halves.map((data) => ({ data, width, height, channels: 3 }))
    expectBytes(preprocessor.apply(list), expected)
  })

  test('may be what sharp gives', async () => {
    const list = await Promise.all(
      halves.map((half) =>
        sharp(half, { raw: { width, height, channels: 3 } })
          .raw()
          .toBuffer({ resolveWithObject: true }),
      ),
    )
    expectBytes(preprocessor.apply(list), expected)
    expectBytes(await preprocessor.applyAsync(list), expected)
  })

  test('may be ImageData, whose alpha is dropped by `channels`', () => {
    class ImageData {
      readonly #data: Uint8ClampedArray
      constructor(data: Uint8ClampedArray) {
        this.#data = data
      }
      get data() {
        return this.#data
      }
      get width() {
        return width
      }
      get height() {
        return height
      }
    }
    const list = halves.map((half) => {
      const rgba = new Uint8ClampedArray((half.length / 3) * 4)
      half.forEach((value, i) => {
        rgba[Math.floor(i / 3) * 4 + (i % 3)] = value
      })
      return new ImageData(rgba)
    })
    const rgb = new Preprocessor({ ...options, channels: [0, 1, 2] })
    expectBytes(rgb.apply(list), expected)
    // A list may mix pictures with alpha and without where it is said which channels are meant.
    const mixed = [
      { data: halves[0] as Uint8Array, width, height, channels: 3 },
      list[1] as ImageData,
    ]
    expectBytes(rgb.apply(mixed), expected)
  })

  test('may be Buffers of the pool, and views at any offset', () => {
    const list = halves.map((half) => ({ data: Buffer.from(half), width, height, channels: 3 }))
    expect(list[0]?.data.buffer).toBe(list[1]?.data.buffer)
    expectBytes(preprocessor.apply(list), expected)
    const shifted = new Uint8Array(bytes.length + 5).subarray(5)
    shifted.set(bytes)
    expectBytes(preprocessor.apply(shifted, { shape: [2, height, width, 3] }), expected)
  })

  test('may lie channel by channel', () => {
    const planar = new Uint8Array(bytes.length)
    const pixels = height * width
    bytes.forEach((value, i) => {
      const [n, pixel, channel] = [Math.floor(i / (3 * pixels)), Math.floor(i / 3) % pixels, i % 3]
      planar[(n * 3 + channel) * pixels + pixel] = value
    })
    expectBytes(
      preprocessor.apply(planar, { shape: [2, 3, height, width], layout: 'NCHW' }),
      expected,
    )
  })

  test('of float32 hold 0…255 as bytes do', () => {
    const floats = Float32Array.from(bytes)
    expectBytes(preprocessor.apply(floats, { shape: [2, height, width, 3] }), expected)
    const list = halves.map((half) => ({
      data: Float32Array.from(half),
      width,
      height,
      channels: 3,
    }))
    expectBytes(preprocessor.apply(list), expected)
  })

  test('of float32 that are no numbers become the same NaN everywhere', () => {
    const bits = Uint32Array.of(0x7fc00000, 0xffc12345, 0x7f800001, 0x7f800000, 0xff800000)
    const source = new Float32Array(bits.buffer)
    const of = (dtype: 'float32' | 'float16' | 'bfloat16') => {
      const result = new Preprocessor({ dtype }).apply(source, { shape: [1, 1, 5, 1] })
      return [...(result instanceof Float32Array ? new Uint32Array(result.buffer) : result)]
    }
    expect(of('float32')).toEqual([0x7fc00000, 0x7fc00000, 0x7fc00000, 0x7f800000, 0xff800000])
    expect(of('float16')).toEqual([0x7e00, 0x7e00, 0x7e00, 0x7c00, 0xfc00])
    expect(of('bfloat16')).toEqual([0x7fc0, 0x7fc0, 0x7fc0, 0x7f80, 0xff80])
  })

  test('of grey become three channels, and blue and red change places', () => {
    const grey = new Preprocessor({ channels: [0, 0, 0] })
    const three = grey.apply(Uint8Array.of(10, 20), { shape: [1, 1, 2, 1] })
    const [a, b] = [...new Preprocessor().apply(Uint8Array.of(10, 20), { shape: [1, 1, 2, 1] })]
    expect([...three]).toEqual([a, b, a, b, a, b])
    const bgr = new Preprocessor({ channels: [2, 1, 0], layout: 'NHWC' })
    const swapped = bgr.apply(Uint8Array.of(10, 20, 30), { shape: [1, 1, 1, 3] })
    const plain = new Preprocessor().apply(Uint8Array.of(30, 20, 10), { shape: [1, 1, 1, 3] })
    expect([...swapped]).toEqual([...plain])
  })

  test('of different sizes are cropped to one', () => {
    const list = [
      { data: bytesOf(8 * 9 * 3), height: 8, width: 9, channels: 3 },
      { data: bytesOf(20 * 6 * 3), height: 20, width: 6, channels: 3 },
    ]
    const both = new Preprocessor({ size: [8, 6] }).apply(list)
    list.forEach((image, i) => {
      const alone = new Preprocessor({ size: [8, 6] }).apply([image])
      expectBytes(both.subarray(i * 3 * 8 * 6, (i + 1) * 3 * 8 * 6), alone)
    })
  })

  test('may be none', () => {
    expect(preprocessor.apply([])).toEqual(new Float32Array(0))
    expect(preprocessor.apply(new Uint8Array(0), { shape: [0, 5, 5, 3] })).toHaveLength(0)
    expect(preprocessor.apply(new Uint8Array(0), { shape: [2, 0, 5, 3] })).toHaveLength(0)
    const padded = new Preprocessor({
      padding: 2,
      size: [3, 3],
      normalize: { mean: 0.5, std: 0.5 },
    })
    const black = padded.apply(new Uint8Array(0), { shape: [1, 0, 0, 1] })
    expect([...black]).toEqual(new Array(9).fill(-1))
  })
})

test('with a mask it is GridMask on what it is without', () => {
  const settings = {
    ratio: 0.4,
    unit: [8, 20],
    rotate: 360,
    probability: 0.6,
    fill: [1, 2, 3],
  } as const
  const shape = [16, 24, 33, 3] as const
  const bytes = bytesOf(16 * 24 * 33 * 3)
  for (const layout of ['NCHW', 'NHWC'] as const) {
    const options = { normalize: normalization.imagenet, layout, seed: 11 }
    const plain = new Preprocessor(options).apply(bytes, { shape })
    const masked = new Preprocessor({ ...options, gridmask: settings }).apply(bytes, {
      shape,
      epoch: 3,
      index: 100,
    })
    const whole = layout === 'NCHW' ? ([16, 3, 24, 33] as const) : shape
    const expected = new GridMask({ ...settings, seed: 11 }).apply(plain, {
      shape: whole,
      layout,
      epoch: 3,
      index: 100,
    })
    expectBytes(masked, expected)
    expect(Buffer.compare(new Uint8Array(masked.buffer), new Uint8Array(plain.buffer))).not.toBe(0)
  }
})

test.each(['float32', 'float16', 'bfloat16'] as const)(
  'noise is that of GridMask: %s',
  async (dtype) => {
    const fill = { noise: 'normal', mean: 0, std: 1, shared: false } as const
    const settings = { ratio: 0.5, unit: 7, fill }
    const shape = [3, 12, 17, 3] as const
    const bytes = bytesOf(3 * 12 * 17 * 3)
    const preprocessor = new Preprocessor({ gridmask: settings, dtype, seed: 3 })
    const masked = preprocessor.apply(bytes, { shape, index: 5 })
    const plain = new Preprocessor({ dtype }).apply(bytes, { shape })
    const expected = new GridMask({ ...settings, seed: 3 }).apply(plain, {
      shape: [3, 3, 12, 17],
      dtype,
      index: 5,
    })
    expectBytes(masked, expected)
    expectBytes(await preprocessor.applyAsync(bytes.slice(), { shape, index: 5 }), expected)
  },
)

describe('a plan', () => {
  const preprocessor = new Preprocessor({
    size: [32, 32],
    padding: 4,
    crop: 'random',
    flip: 0.5,
    normalize: normalization.cifar10,
    gridmask: { ...presets.cifar10, probability: 0.5 },
    seed: 42,
  })
  const shape = [20, 32, 32, 3] as const
  const bytes = bytesOf(20 * 32 * 32 * 3)

  test('is what apply does, and survives JSON and clones', () => {
    const request = { epoch: 2, index: 60 }
    const plan = preprocessor.plan({ count: 20, height: 32, width: 32, ...request })
    const expected = preprocessor.apply(bytes, { shape, ...request })
    const json = JSON.stringify(plan)
    for (const again of [plan, JSON.parse(json), structuredClone(plan), [...plan]]) {
      expectBytes(preprocessor.apply(bytes, { shape, plan: again }), expected)
    }
    expect(JSON.stringify(PreprocessorPlan.from(JSON.parse(json)))).toBe(json)
  })

  test('says of each sample what masks are asked with', () => {
    const plan = preprocessor.plan({ count: 20, height: 32, width: 32, index: 0 })
    const result = preprocessor.apply(bytes, { shape, plan })
    const plain = preprocessor.apply(bytes, {
      shape,
      plan: [...plan].map((sample) => ({ ...sample, masked: false })),
    })
    for (const [n, sample] of [...plan].entries()) {
      const mask = maskOf(sample, [32, 32])
      let kept = 0
      for (let i = 0; i < 32 * 32; i++) {
        kept += mask[i] as number
        const at = n * 3 * 32 * 32 + i
        expect(result[at]).toBe(mask[i] === 1 ? plain[at] : 0)
      }
      expect(keepRatio(sample, [32, 32])).toBe(kept / 1024)
      expect(visibleFraction(sample, [32, 32], [[0, 0, 32, 32]])).toEqual([kept / 1024])
    }
  })

  test('of crops and flips alone masks nothing', () => {
    const crops = Array.from({ length: 20 }, (_, i) => ({
      top: i % 9,
      left: 8 - (i % 9),
      flip: i > 9,
    }))
    const evaluation = new Preprocessor({
      size: [32, 32],
      padding: 4,
      normalize: normalization.cifar10,
    })
    const result = evaluation.apply(bytes, { shape, plan: crops })
    expectBytes(preprocessor.apply(bytes, { shape, plan: crops }), result)
    expect(PreprocessorPlan.from(crops).at(10)).toMatchObject({
      top: 1,
      left: 7,
      flip: true,
      masked: false,
    })
    // Mirrored twice is as it was.
    const [top, left] = [4, 4]
    const once = evaluation.apply(bytes.subarray(0, 3072), {
      shape: [1, 32, 32, 3],
      plan: [{ top, left, flip: true }],
    })
    const upright = evaluation.apply(bytes.subarray(0, 3072), {
      shape: [1, 32, 32, 3],
      plan: [{ top, left }],
    })
    for (let at = 0; at < once.length; at++) {
      expect(once[at]).toBe(upright[at - (at % 32) + 31 - (at % 32)])
    }
  })

  test('of images of different sizes has a size for each', () => {
    const request = { height: [40, 32, 100], width: [32, 50, 80], indices: [4, 5, 6] }
    const plan = preprocessor.plan(request)
    const images = request.height.map((height, i) => ({
      data: bytesOf(height * (request.width[i] as number) * 3, i),
      height,
      width: request.width[i] as number,
      channels: 3,
    }))
    expectBytes(
      preprocessor.apply(images, { plan }),
      preprocessor.apply(images, { indices: [4, 5, 6] }),
    )
  })
})

describe('samples are numbered', () => {
  const make = () =>
    new Preprocessor({ size: [8, 8], crop: 'random', flip: 0.5, gridmask: { ratio: 0.5, unit: 4 } })
  const shape = [3, 12, 12, 1] as const
  const bytes = bytesOf(3 * 144)

  test('by the instance, from 0 on in each epoch', () => {
    const [own, told] = [make(), make()]
    for (const index of [0, 3, 6]) {
      expectBytes(own.apply(bytes, { shape }), told.apply(bytes, { shape, epoch: 0, index }))
    }
    own.setEpoch(1)
    expect(own.epoch).toBe(1)
    expectBytes(own.apply(bytes, { shape }), told.apply(bytes, { shape, epoch: 1, index: 0 }))
  })

  test('in shards as in one process', () => {
    const whole = make().apply(bytes, { shape, epoch: 4, index: 7 })
    const parts = [0, 1, 2].map((i) =>
      make().apply(bytes.subarray(i * 144, (i + 1) * 144), {
        shape: [1, 12, 12, 1],
        epoch: 4,
        indices: [7 + i],
      }),
    )
    expectBytes(Float32Array.from(parts.flatMap((part) => [...part])), whole)
  })

  test('and a call that fails has seen none', async () => {
    const [own, told] = [make(), make()]
    expect(() => own.apply(bytes.subarray(1), { shape })).toThrow()
    await expect(own.applyAsync(bytes.subarray(1), { shape })).rejects.toThrow()
    expectBytes(own.apply(bytes, { shape }), told.apply(bytes, { shape, index: 0 }))
  })
})

test('the chance of a mask is that of its schedule', () => {
  const preprocessor = new Preprocessor({ gridmask: presets.imagenet })
  expect(preprocessor.probabilityAt(12)).toBeCloseTo(0.04)
  preprocessor.setEpoch(240)
  expect(preprocessor.probabilityAt()).toBe(0.8)
  expect(new Preprocessor().probabilityAt(12)).toBe(0)
})

test('`out` gets the result', () => {
  const bytes = bytesOf(2 * 10 * 11 * 3)
  const shape = [2, 10, 11, 3] as const
  const out = new Float32Array(bytes.length + 3).fill(7).subarray(2, 2 + bytes.length)
  const result = new Preprocessor().apply(bytes, { shape, out })
  expect(result).toBe(out)
  expectBytes(out, new Preprocessor().apply(bytes, { shape }))
  expect([...new Float32Array(out.buffer).subarray(0, 2)]).toEqual([7, 7])
  expect(new Float32Array(out.buffer).at(-1)).toBe(7)
  const half = new Uint16Array(bytes.length)
  expect(new Preprocessor({ dtype: 'float16' }).apply(bytes, { shape, out: half })).toBe(half)
})

test('a result larger than the caches has the same values', () => {
  // Made past the caches, and in parts that are not.
  const [n, side] = [20, 272]
  const one = side * side * 3
  const bytes = bytesOf(n * one)
  const options = {
    normalize: normalization.imagenet,
    gridmask: { ratio: 0.5, unit: [40, 90], rotate: 360 },
  } as const
  for (const layout of ['NCHW', 'NHWC'] as const) {
    const preprocessor = new Preprocessor({ ...options, layout })
    const whole = preprocessor.apply(bytes, { shape: [n, side, side, 3], index: 0 })
    for (const i of [0, 7, n - 1]) {
      const part = preprocessor.apply(bytes.subarray(i * one, (i + 1) * one), {
        shape: [1, side, side, 3],
        index: i,
      })
      expectBytes(whole.subarray(i * one, (i + 1) * one), part)
    }
  }
})
