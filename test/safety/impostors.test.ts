// Arrays that are not what they look like: only the type and memory that V8 itself knows count.
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import { applyPlan, GridMask, type ImageArray } from '../../lib/index'
import { code, expectBytes, maskedBits, params, scramble } from './support'

const shape = [1, 2, 8, 9] as const
const length = 2 * 8 * 9
const plan = [params]
const gridmask = new GridMask({ ratio: 0.5, unit: 4 })

const floats = () => scramble(new Float32Array(length))
const masked = (array: ArrayBufferView) =>
  maskedBits(new Uint32Array(array.buffer, array.byteOffset, length), shape)

describe('what is no typed array of the known types', () => {
  const impostors: Record<string, unknown> = {
    undefined,
    null: null,
    'a number': 5,
    'a string': 'x'.repeat(length),
    'a function': () => length,
    'a plain array': Array.from({ length }, () => 1),
    'an ArrayBuffer': new ArrayBuffer(length * 4),
    'a SharedArrayBuffer': new SharedArrayBuffer(length * 4),
    'a DataView': new DataView(new ArrayBuffer(length * 4)),
    'an Int8Array': new Int8Array(length),
    'an Int16Array': new Int16Array(length),
    'a Uint32Array': new Uint32Array(length),
    'a Float64Array': new Float64Array(length),
    'a BigUint64Array': new BigUint64Array(length),
    'an array-like object': { length },
    'an object of the prototype': Object.create(Float32Array.prototype),
    'the prototype itself': Float32Array.prototype,
    'an object with the name': { [Symbol.toStringTag]: 'Float32Array', length },
    'an object with all properties': Object.create(Float32Array.prototype, {
      length: { value: length },
      byteLength: { value: length * 4 },
      byteOffset: { value: 0 },
      buffer: { value: new ArrayBuffer(length * 4) },
    }),
    'a proxy of a Float32Array': new Proxy(new Float32Array(length), {}),
    'a revoked proxy': revoked(),
    'an object that does not say what it is': unspeakable(),
    'an Int32Array that poses as a Float32Array': Object.setPrototypeOf(
      new Int32Array(length),
      Float32Array.prototype,
    ),
  }

  test.each(Object.entries(impostors))('%s is refused as images', async (_, value) => {
    const images = value as ImageArray
    const expected = code('ERR_INVALID_ARG_TYPE')
    expect(() => applyPlan(images, plan, { shape })).toThrow(expected)
    expect(() => gridmask.apply(images, { shape })).toThrow(expected)
    await expect(gridmask.applyAsync(images, { shape })).rejects.toThrow(expected)
  })

  test.each(Object.entries(impostors))('%s is refused as out', async (name, value) => {
    if (name === 'undefined') return // asks for a new array
    const images = floats()
    const before = floats()
    const request = { shape, out: value as ImageArray }
    const expected = code('ERR_INVALID_ARG_TYPE')
    expect(() => applyPlan(images, plan, request)).toThrow(expected)
    expect(() => gridmask.apply(images, request)).toThrow(expected)
    await expect(gridmask.applyAsync(images, request)).rejects.toThrow(expected)
    expectBytes(images, before)
  })

  function revoked() {
    const { proxy, revoke } = Proxy.revocable(new Float32Array(length), {})
    revoke()
    return proxy
  }

  function unspeakable() {
    return Object.defineProperty({}, 'constructor', {
      get() {
        throw new Error('asked for its constructor')
      },
    })
  }
})

describe('an array of another realm', () => {
  const foreign = (type = 'Float32Array') =>
    scramble(runInNewContext(`new ${type}(${length})`) as Float32Array)

  test('is masked like one of our own', () => {
    const images = foreign()
    const expected = masked(images)
    expect(images).not.toBeInstanceOf(Float32Array)
    const result = applyPlan(images, plan, { shape })
    expect(result).toBeInstanceOf(Float32Array)
    expectBytes(result, expected)
    applyPlan(images, plan, { shape, out: images })
    expectBytes(images, expected)
  })

  test('can be out', () => {
    const images = floats()
    const out = foreign()
    applyPlan(images, plan, { shape, out })
    expectBytes(out, masked(images))
  })

  test('can be taken by applyAsync', async () => {
    const images = foreign()
    const expected = masked(images)
    const result = await gridmask.applyAsync(images, { shape, plan })
    expect(images.length).toBe(0)
    expectBytes(result, expected)
  })

  test('can be shared', async () => {
    const memory = `new Float32Array(new SharedArrayBuffer(${length * 4}))`
    const images = scramble(runInNewContext(memory) as Float32Array)
    const expected = masked(images)
    await gridmask.applyAsync(images, { shape, plan })
    expectBytes(images, expected)
  })

  test('can come with a shape and a plan of that realm', () => {
    const images = floats()
    const request = runInNewContext(`({ shape: [${shape}] })`)
    const samples = runInNewContext(`[${JSON.stringify(params)}]`)
    expectBytes(applyPlan(images, samples, request), masked(images))
  })
})

describe('a faked prototype', () => {
  test('makes no floats of bytes', () => {
    const images = Object.setPrototypeOf(
      scramble(new Uint8Array(length)),
      Float32Array.prototype,
    ) as Uint8Array
    const expected = maskedBits(new Uint8Array(images.buffer), shape)
    expect(images).toBeInstanceOf(Float32Array)
    expect(() => applyPlan(images, plan, { shape, dtype: 'float32' })).toThrow(
      code('ERR_INVALID_ARG_TYPE'),
    )
    const result = applyPlan(images, plan, { shape })
    expect(result).toBeInstanceOf(Uint8Array)
    expectBytes(result, expected)
  })

  test('of none at all changes nothing', () => {
    const images = Object.setPrototypeOf(floats(), null) as Float32Array
    const expected = masked(floats())
    expectBytes(applyPlan(images, plan, { shape }), expected)
  })

  test('of a subclass is not carried on', () => {
    class Images extends Float32Array {
      static get [Symbol.species](): Float32ArrayConstructor {
        throw new Error('asked for the species')
      }
    }
    const images = scramble(new Images(length))
    const result = applyPlan(images, plan, { shape })
    expect(Object.getPrototypeOf(result)).toBe(Float32Array.prototype)
    expectBytes(result, masked(floats()))
  })
})

describe('overridden properties', () => {
  const lies = {
    length: 10 ** 9,
    byteLength: 4,
    byteOffset: 2 ** 40,
    BYTES_PER_ELEMENT: 1,
    buffer: new ArrayBuffer(8),
    constructor: Uint8Array,
    [Symbol.toStringTag]: 'Uint8Array',
  }
  const lying = <T extends object>(array: T): T => {
    for (const key of Reflect.ownKeys(lies) as (keyof typeof lies)[]) {
      Object.defineProperty(array, key, { value: lies[key] })
    }
    return array
  }

  test('of images and out change nothing', () => {
    const expected = masked(floats())
    expectBytes(applyPlan(lying(floats()), plan, { shape }), expected)

    const memory = new ArrayBuffer(length * 4)
    applyPlan(floats(), plan, { shape, out: lying(new Float32Array(memory)) })
    expectBytes(new Uint8Array(memory), expected)

    const images = floats()
    const honest = new Uint8Array(images.buffer)
    applyPlan(lying(images), plan, { shape, out: images })
    expectBytes(honest, expected)
  })

  test('of what applyAsync takes change nothing', async () => {
    const result = await gridmask.applyAsync(lying(floats()), { shape, plan })
    expectBytes(result, masked(floats()))
  })

  test('of a buffer change nothing', async () => {
    for (const byteLength of [0, 7, 10 ** 9]) {
      const images = floats()
      Object.defineProperty(images.buffer, 'byteLength', { value: byteLength })
      expectBytes(applyPlan(images, plan, { shape }), masked(floats()))
      const result = await gridmask.applyAsync(images, { shape, plan })
      expectBytes(result, masked(floats()))
    }
  })

  test('hide no overlap', () => {
    const memory = new ArrayBuffer(length * 4 + 4)
    const images = lying(new Float32Array(memory, 0, length))
    const out = lying(new Float32Array(memory, 4, length))
    expect(() => applyPlan(images, plan, { shape, out })).toThrow(code('ERR_OVERLAP'))
  })

  test('make no array of the wrong length right', () => {
    const images = Object.defineProperty(new Float32Array(length - 1), 'length', { value: length })
    expect(() => applyPlan(images, plan, { shape })).toThrow(code('ERR_SHAPE_MISMATCH'))
  })
})
