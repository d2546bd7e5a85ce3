// Whose memory is read, written, taken and kept, synchronously and off the main thread.
import { Buffer } from 'node:buffer'
import { describe, expect, test } from '@jest/globals'
import { normalization, Preprocessor } from '../../lib/index'
import { detach, type ResizableBuffer, webAssemblyMemory } from '../hazards/support'
import { code, expectBytes } from '../support'

const [height, width] = [20, 31]
const one = height * width * 3
const shape = [2, height, width, 3] as const
const preprocessor = new Preprocessor({
  normalize: normalization.imagenet,
  gridmask: { ratio: 0.5, unit: 7, rotate: 360 },
  flip: 0.5,
})
const request = { index: 3 }

const bytes = Uint8Array.from({ length: 2 * one }, (_, i) => (i * 37) % 251)
const expected = preprocessor.apply(bytes, { shape, ...request })
const image = (data: Uint8Array) => ({ data, height, width, channels: 3 })
const halves = () => [image(bytes.slice(0, one)), image(bytes.slice(one))] as const

describe('applyAsync', () => {
  test('takes an array that fills its buffer', async () => {
    const source = bytes.slice()
    const result = preprocessor.applyAsync(source, { shape, ...request })
    expect(source).toHaveLength(0)
    expectBytes(await result, expected)
  })

  test('takes the images of a list, one of them twice', async () => {
    const [first, second] = halves()
    const result = preprocessor.applyAsync([first, second], request)
    expect([first.data.length, second.data.length]).toEqual([0, 0])
    expectBytes(await result, expected)
    const again = image(bytes.slice(0, one))
    const twice = preprocessor.apply([again, again], request)
    expectBytes(await preprocessor.applyAsync([again, again], request), twice)
  })

  test('copies an array that is part of a buffer, and leaves it', async () => {
    const set = bytes.slice()
    const parts = [image(set.subarray(0, one)), image(set.subarray(one))]
    const result = preprocessor.applyAsync(parts, request)
    // A copy has been made: what becomes of the data set changes nothing.
    expect(set).toHaveLength(2 * one)
    set.fill(0)
    expectBytes(await result, expected)
    const small = new Preprocessor()
    const pooled = Buffer.from([1, 2, 3])
    expect(pooled.buffer.byteLength).toBeGreaterThan(3)
    const data = { data: pooled, height: 1, width: 1, channels: 3 }
    expectBytes(await small.applyAsync([data]), small.apply([data]))
    expect(pooled).toHaveLength(3)
  })

  test('copies what cannot be taken', async () => {
    const { buffer } = webAssemblyMemory()
    const source = new Uint8Array(buffer)
    const side = Math.floor(Math.sqrt(source.length))
    const whole = new Preprocessor()
    const sizes = { shape: [1, source.length / 256, 256, 1] } as const
    expect(side).toBe(256)
    source.set(bytes)
    const now = whole.apply(source, sizes)
    expectBytes(await whole.applyAsync(source, sizes), now)
    expect(source.length).toBeGreaterThan(0)
  })

  test('takes a buffer that can be resized, which nobody can resize then', async () => {
    const buffer = new (ArrayBuffer as unknown as new (n: number, o: object) => ResizableBuffer)(
      2 * one,
      { maxByteLength: 4 * one },
    )
    const source = new Uint8Array(buffer)
    source.set(bytes)
    const result = preprocessor.applyAsync(source, { shape, ...request })
    expect(source).toHaveLength(0)
    expectBytes(await result, expected)
  })

  test('reads shared memory in place', async () => {
    const source = new Uint8Array(new SharedArrayBuffer(2 * one))
    source.set(bytes)
    expectBytes(await preprocessor.applyAsync(source, { shape, ...request }), expected)
    expect(source).toHaveLength(2 * one)
  })

  test('takes `out`, and gives an array over its memory', async () => {
    const memory = new Float32Array(2 * one + 4)
    const out = memory.subarray(4)
    const [first, second] = halves()
    const result = await preprocessor.applyAsync([first, second], { ...request, out })
    expect(memory).toHaveLength(0)
    expect(result.byteOffset).toBe(16)
    expect(result.buffer.byteLength).toBe(8 * one + 16)
    expectBytes(result, expected)
  })

  test('with images and `out` in one buffer works too', async () => {
    const memory = new ArrayBuffer(8 * one + 2 * one)
    const source = new Uint8Array(memory, 8 * one)
    source.set(bytes)
    const out = new Float32Array(memory, 0, 2 * one)
    expectBytes(await preprocessor.applyAsync(source, { shape, ...request, out }), expected)
  })

  test('detaches nothing if it refuses', async () => {
    const source = bytes.slice()
    const out = new Float32Array(5)
    await expect(preprocessor.applyAsync(source, { shape, out })).rejects.toThrow(
      code('ERR_SHAPE_MISMATCH'),
    )
    const buffer = new (ArrayBuffer as unknown as new (n: number, o: object) => ResizableBuffer)(
      8 * one,
      { maxByteLength: 8 * one },
    )
    await expect(
      preprocessor.applyAsync(source, { shape, out: new Float32Array(buffer) }),
    ).rejects.toThrow(/`out` .* can be resized/)
    expect([source.length, out.length]).toEqual([2 * one, 5])
  })

  test('many at once are each right', async () => {
    const results = Array.from({ length: 12 }, () =>
      preprocessor.applyAsync(bytes.slice(), { shape, ...request }),
    )
    for (const result of results) expectBytes(await result, expected)
  })
})

describe('apply', () => {
  test('reads shared memory, and writes it', () => {
    const source = new Uint8Array(new SharedArrayBuffer(2 * one))
    source.set(bytes)
    const out = new Float32Array(new SharedArrayBuffer(8 * one))
    expect(preprocessor.apply(source, { shape, ...request, out })).toBe(out)
    expectBytes(out, expected)
  })

  test('leaves the images as they are', () => {
    const source = bytes.slice()
    preprocessor.apply(source, { shape, ...request })
    expect(Buffer.compare(source, bytes)).toBe(0)
  })

  test('refuses images that are detached, and `out` that is', () => {
    const source = bytes.slice()
    detach(source)
    expect(() => preprocessor.apply(source, { shape })).toThrow(code('ERR_BUFFER_DETACHED'))
    const [first, second] = halves()
    detach(second.data)
    expect(() => preprocessor.apply([first, second])).toThrow(/images\[1\].data/)
    const out = new Float32Array(2 * one)
    detach(out)
    expect(() => preprocessor.apply(bytes, { shape, out })).toThrow(code('ERR_BUFFER_DETACHED'))
  })

  test('refuses `out` that lies over an image', () => {
    const memory = new ArrayBuffer(10 * one)
    const source = new Uint8Array(memory, 0, 2 * one)
    const out = new Float32Array(memory, one - (one % 4), 2 * one)
    expect(() => preprocessor.apply(source, { shape, out })).toThrow(code('ERR_OVERLAP'))
    const shared = new SharedArrayBuffer(8 * one)
    const twin = structuredClone(shared)
    expect(twin).not.toBe(shared)
    const over = new Uint8Array(twin, 0, 2 * one)
    expect(() => preprocessor.apply(over, { shape, out: new Float32Array(shared) })).toThrow(
      code('ERR_OVERLAP'),
    )
  })

  test('checks the arrays after all code of the caller has run', () => {
    const source = bytes.slice()
    const detaching = {
      shape,
      get index() {
        detach(source)
        return 0
      },
    }
    expect(() => preprocessor.apply(source, detaching)).toThrow(code('ERR_BUFFER_DETACHED'))
    const [first, second] = halves()
    const list = [
      first,
      {
        ...second,
        get data() {
          detach(first.data)
          return second.data
        },
      },
    ]
    expect(() => preprocessor.apply(list)).toThrow(code('ERR_BUFFER_DETACHED'))
  })

  test('reads each image once, so that it cannot change', () => {
    let asked = 0
    const sly = {
      data: bytes.slice(0, one),
      channels: 3,
      width,
      get height() {
        asked += 1
        return asked === 1 ? height : 16384
      },
    }
    const result = preprocessor.apply([sly], request)
    expect(asked).toBe(1)
    expectBytes(result, expected.subarray(0, one))
  })

  test('refuses impostors', () => {
    const fake = Object.create(Uint8Array.prototype)
    const proxy = new Proxy(bytes.slice(0, one), {})
    for (const data of [fake, proxy]) {
      expect(() => preprocessor.apply([{ data, height, width, channels: 3 }])).toThrow(
        code('ERR_INVALID_ARG_TYPE'),
      )
    }
  })
})
