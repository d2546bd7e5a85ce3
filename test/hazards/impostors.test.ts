// Arrays that are not what they look like: only the type and memory that V8 itself knows count.
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import { lengthOf } from '../oracle'
import { copyOf, expectBytes, newArray, scramble } from '../support'
import { type AnyArray, type AnyKind, expectRefusal, methods } from './methods'

const sizes = { count: 2, channels: 2, height: 8, width: 9 }
const most = 2 * 2 * 8 * 9

/** What no method knows, or some do not. */
const impostors: Record<string, unknown> = {
  undefined,
  null: null,
  'a number': 5,
  'a string': 'x'.repeat(most),
  'a function': () => most,
  'a plain array': Array.from({ length: most }, () => 1),
  'an ArrayBuffer': new ArrayBuffer(most * 4),
  'a SharedArrayBuffer': new SharedArrayBuffer(most * 4),
  'a DataView': new DataView(new ArrayBuffer(most * 4)),
  'an Int8Array': new Int8Array(most),
  'an Int16Array': new Int16Array(most),
  'a Uint32Array': new Uint32Array(most),
  'a Float32Array': new Float32Array(most),
  'a Float64Array': new Float64Array(most),
  'a BigUint64Array': new BigUint64Array(most),
  'an array-like object': { length: most },
  'an object of the prototype': Object.create(Uint8Array.prototype),
  'the prototype itself': Uint8Array.prototype,
  'an object with the name': { [Symbol.toStringTag]: 'Uint8Array', length: most },
  'an object with all properties': Object.create(Uint8Array.prototype, {
    length: { value: most },
    byteLength: { value: most },
    byteOffset: { value: 0 },
    buffer: { value: new ArrayBuffer(most) },
  }),
  'a proxy': new Proxy(new Uint8Array(most), {}),
  'a revoked proxy': revoked(),
  'an object that does not say what it is': unspeakable(),
  'a Float64Array that poses as a Uint8Array': Object.setPrototypeOf(
    new Float64Array(most),
    Uint8Array.prototype,
  ),
  'an Int32Array that poses as a Float32Array': Object.setPrototypeOf(
    new Int32Array(most),
    Float32Array.prototype,
  ),
}

function revoked() {
  const { proxy, revoke } = Proxy.revocable(new Uint8Array(most), {})
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

const trueType = (value: unknown) =>
  Reflect.getOwnPropertyDescriptor(
    Object.getPrototypeOf(Uint8Array.prototype),
    Symbol.toStringTag,
  )?.get?.call(value) as string | undefined

describe.each(methods)('$name', (method) => {
  const batch = method.batch(sizes)
  const length = lengthOf(batch)
  const knows = (value: unknown) => {
    const type = trueType(value)
    return type !== undefined && method.kinds.some(({ View }) => View.name === type)
  }
  const strangers = Object.entries(impostors).filter(([, value]) => !knows(value))
  // The first kind has more than one byte, if there is one that needs no dtype.
  const kind = method.kinds.find(({ name }) => /^(Float|Int)32Array$/.test(name)) as AnyKind
  const request = method.request(batch, kind)
  const make = () => scramble(newArray(kind, length))
  const expected = method.expected(make(), batch, kind)
  const replay = async (images: AnyArray, more: object = {}, given: object = request) =>
    method.replay(images, { ...given, ...more }, 2)

  test('there are many kinds that it does not know', () => {
    expect(strangers.length).toBeGreaterThan(18)
  })

  test.each(strangers)('refuses %s as images and as out', async (_, value) => {
    const stranger = value as AnyArray
    const images = make()
    const before = copyOf(images)
    const refused = (call: () => unknown) => expectRefusal(method, call, 'ERR_INVALID_ARG_TYPE')
    await refused(() => method.draw(stranger, method.request(batch)))
    await refused(() => method.replay(stranger, method.request(batch), 2))
    if (value === undefined) return // asks for a new array
    await refused(() => method.draw(images, { ...request, out: stranger }))
    await refused(() => method.replay(images, { ...request, out: stranger }, 2))
    expectBytes(images, before)
  })

  describe('an array of another realm', () => {
    const foreign = () => scramble(runInNewContext(`new ${kind.View.name}(${length})`) as AnyArray)

    test('works like one of ours', async () => {
      expect(foreign()).not.toBeInstanceOf(kind.View)
      const images = foreign()
      const result = await replay(images)
      expect(result).toBeInstanceOf(kind.View)
      expectBytes(result, expected)
      if (method.takes) expect(images.length).toBe(0)
      const again = foreign()
      expectBytes(await replay(again, { out: again }), expected)
    })

    test('can be out', async () => {
      const out = foreign()
      expectBytes(await replay(make(), { out }), expected)
      expect(out.length).toBe(method.takes ? 0 : length)
    })

    test('can be shared', async () => {
      const size = kind.View.BYTES_PER_ELEMENT
      const memory = `new ${kind.View.name}(new SharedArrayBuffer(${length * size}))`
      const images = scramble(runInNewContext(memory) as AnyArray)
      await replay(images, { out: images })
      expectBytes(images, expected)
    })

    test('can come with a request of that realm, its plan included', async () => {
      const given = method.moments['a getter in plan']?.(() => {}).request
      const foreignRequest = runInNewContext(`(${JSON.stringify({ ...request, ...given })})`)
      expect(foreignRequest).not.toBeInstanceOf(Object)
      expectBytes(await method.draw(make(), foreignRequest), expected)
    })
  })

  describe('a faked prototype', () => {
    test('does not change what bytes are', async () => {
      const images = scramble(new Uint8Array(length))
      const masked = method.expected(images, batch)
      Object.setPrototypeOf(images, kind.View.prototype)
      expect(images).toBeInstanceOf(kind.View)
      if ('dtype' in request) {
        await expectRefusal(method, () => method.draw(images, request), 'ERR_INVALID_ARG_TYPE')
      }
      const { dtype: _, ...untyped } = method.request(batch) as { dtype?: string; shape: [] }
      const result = await replay(images, {}, untyped)
      expect(result).toBeInstanceOf(Uint8Array)
      expectBytes(result, masked)
    })

    test('of none at all changes nothing', async () => {
      expectBytes(await replay(Object.setPrototypeOf(make(), null)), expected)
    })

    test('of a subclass is not carried on', async () => {
      class Images extends (kind.View as unknown as typeof Float32Array) {
        static get [Symbol.species](): Float32ArrayConstructor {
          throw new Error('asked for the species')
        }
      }
      const images = scramble(new Images(length))
      const result = await replay(images)
      expect(Object.getPrototypeOf(result)).toBe(kind.View.prototype)
      expectBytes(result, expected)
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
    const size = kind.View.BYTES_PER_ELEMENT

    test('of images change nothing', async () => {
      expectBytes(await replay(lying(make())), expected)
      if (method.takes) return
      const images = make()
      const honest = new Uint8Array(images.buffer)
      await replay(lying(images), { out: images })
      expectBytes(honest, expected)
    })

    test('of out change nothing', async () => {
      const memory = new ArrayBuffer(length * size)
      const result = await replay(make(), { out: lying(new kind.View(memory)) })
      expectBytes(method.takes ? result : new Uint8Array(memory), expected)
    })

    test('of a buffer change nothing', async () => {
      for (const byteLength of [0, 7, 10 ** 9]) {
        const images = make()
        Object.defineProperty(images.buffer, 'byteLength', { value: byteLength })
        expectBytes(await replay(images), expected)
      }
    })

    test('hide no overlap', async () => {
      const memory = new ArrayBuffer(length * size + size)
      const images = lying(new kind.View(memory, 0, length))
      const out = lying(new kind.View(memory, size, length))
      await expectRefusal(method, () => method.draw(images, { ...request, out }), 'ERR_OVERLAP')
    })

    test('do not make an array of the wrong length right', async () => {
      const images = newArray(kind, length - 1)
      Object.defineProperty(images, 'length', { value: length })
      await expectRefusal(method, () => method.draw(images, request), 'ERR_SHAPE_MISMATCH')
    })
  })
})
