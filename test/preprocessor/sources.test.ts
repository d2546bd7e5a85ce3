// The images that a Preprocessor accepts: arrays and lists of every kind, of any size and channels.
import { Buffer } from 'node:buffer'
import { describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import { normalization, Preprocessor } from '../../lib/index'
import { expectBytes } from '../support'
import { someBytes } from './support'

describe('images', () => {
  const options = { normalize: normalization.cifar10, layout: 'NHWC' } as const
  const preprocessor = new Preprocessor(options)
  const [height, width] = [9, 14]
  const bytes = someBytes(2 * height * width * 3)
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
    // A list may mix pictures with and without alpha if the option says which channels to take.
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

  test('of float32 have values of 0…255 like bytes', () => {
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

  test('of float32: every NaN becomes the same NaN', () => {
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

  test('in grey become three channels, and blue and red are swapped', () => {
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
      { data: someBytes(8 * 9 * 3), height: 8, width: 9, channels: 3 },
      { data: someBytes(20 * 6 * 3), height: 20, width: 6, channels: 3 },
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

  test('may be none, whatever is given for each channel', () => {
    const gridmask = { ratio: 0.5, unit: 4, fill: [1, 2, 3] }
    const each = new Preprocessor({ size: [4, 4], normalize: normalization.imagenet, gridmask })
    const none = new Uint8Array(0)
    expect(each.apply([])).toHaveLength(0)
    expect(each.apply(none, { shape: [0, 5, 5, 3] })).toHaveLength(0)
    expect(each.apply(none, { shape: [0, 0, 0, 3] })).toHaveLength(0)
    expect(() => each.apply(none, { shape: [0, 5, 5, 4] })).toThrow(/`normalize.mean`.*4 channels/)
  })
})
