// Memory that is not the caller's alone: of WebAssembly, of an addon, of the pool of small Buffers; and
// memory that nobody may write to. What can be read is masked; applyAsync copies what it cannot take.
import { markAsUntransferable } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import { GridMask, mixLabels } from '../../lib/index'
import { lengthOf } from '../oracle'
import { code, copyOf, expectBytes, scramble } from '../support'
import { batchFor, expectRefusal, methods, takers } from './methods'
import { webAssemblyMemory } from './support'

const sizes = { count: 2, channels: 3, height: 8, width: 8 }

/** Memory that cannot be taken. */
const makers: Record<string, (length: number) => Uint8Array> = {
  'marked untransferable': (length) => {
    const array = new Uint8Array(length)
    markAsUntransferable(array.buffer)
    return array
  },
  pooled: (length) => {
    let array = Buffer.allocUnsafe(length)
    // The pool's rest may have been too small: then the next one has a new pool.
    while (array.buffer.byteLength === length) array = Buffer.allocUnsafe(length)
    return array
  },
  WebAssembly: (length) => new Uint8Array(webAssemblyMemory().buffer, 0, length),
}

describe.each(takers)('$name, of memory that cannot be taken', (method) => {
  const { batch, length, request } = batchFor(method, sizes)

  test.each(Object.entries(makers))('%s: copies it, and leaves it as it was', async (_, make) => {
    const images = scramble(make(length))
    const before = copyOf(images)
    const expected = method.expected(images, batch)
    for (const more of [{}, { out: images }]) {
      const result = await method.replay(images, { ...request, ...more }, 2)
      expectBytes(result, expected)
      expect(result.buffer.byteLength).toBe(length)
    }
    expectBytes(images, before)
  })

  test.each(Object.entries(makers))('%s: takes an out that comes with it', async (_, make) => {
    const images = scramble(make(length))
    const expected = method.expected(images, batch)
    const out = new Uint8Array(length + 8).subarray(8)
    const result = await method.replay(images, { ...request, out }, 2)
    expect([images.length, out.length, result.byteOffset]).toEqual([length, 0, 8])
    expectBytes(result, expected)
  })

  test.each(Object.entries(makers))('%s: refuses it as out, and takes nothing', async (_, make) => {
    const out = make(length)
    for (const images of [new Uint8Array(length), new Uint8Array(new SharedArrayBuffer(length))]) {
      await expect(method.draw(images, { ...request, out })).rejects.toThrow(
        /^Expected `out` to have memory that applyAsync\(\) can take, .* Leave `out` out/,
      )
      expect([images.length, out.length]).toEqual([length, length])
    }
  })

  test('refuses two arrays in one buffer, since the result could not lie where `out` is', async () => {
    const both = new Uint8Array(webAssemblyMemory().buffer, 0, 2 * length)
    const [images, out] = [both.subarray(0, length), both.subarray(length)]
    const call = () => method.draw(images, { ...request, out })
    await expectRefusal(method, call, 'ERR_INVALID_ARG_VALUE')
    expect(both.length).toBe(2 * length)
  })

  describe('where structuredClone is missing, as in jsdom', () => {
    const own = globalThis.structuredClone
    beforeEach(() => {
      Reflect.deleteProperty(globalThis, 'structuredClone')
    })
    afterEach(() => {
      globalThis.structuredClone = own
    })

    test('still takes arrays', async () => {
      const images = scramble(new Uint8Array(length))
      const expected = method.expected(images, batch)
      const result = method.replay(images, request, 2)
      expect(images.length).toBe(0)
      expectBytes(await result, expected)
    })

    test('copies what it cannot take', async () => {
      const images = scramble(makers.WebAssembly?.(length) as Uint8Array)
      const expected = method.expected(images, batch)
      expectBytes(await method.replay(images, request, 2), expected)
      expect(images.length).toBe(length)
    })
  })
})

describe.each(methods.filter(({ takes }) => !takes))('$name', (method) => {
  test.each(Object.entries(makers))('works on memory that cannot be taken: %s', (_, make) => {
    const batch = method.batch(sizes)
    const images = scramble(make(lengthOf(batch)))
    const expected = method.expected(images, batch)
    method.replay(images, { ...method.request(batch), out: images }, 2)
    expectBytes(images, expected)
  })
})

describe('sharp', () => {
  test('gives memory that works at once', async () => {
    const gridmask = new GridMask({ ratio: 0.5, unit: 4 })
    const input = { create: { width: 8, height: 8, channels: 3, background: 'white' } } as const
    const { data, info } = await sharp(input).raw().toBuffer({ resolveWithObject: true })
    const request = { shape: [1, info.height, info.width, info.channels], layout: 'NHWC' } as const
    const expected = gridmask.apply(data, { ...request, index: 0 })
    const result = await gridmask.applyAsync(data, { ...request, index: 0 })
    expectBytes(result, expected)
  })
})

// A proposal, in V8 behind --js-immutable-arraybuffer; test:runtimes runs this with the flag.
const immutable = (array: Uint8Array | Float32Array) => {
  type Fixed = { transferToImmutable?: () => ArrayBuffer }
  const make = (array.buffer as Fixed).transferToImmutable
  return make === undefined ? undefined : make.call(array.buffer)
}
const here = immutable(new Uint8Array(1)) === undefined ? describe.skip : describe
here.each(methods)('$name on an immutable buffer', (method) => {
  test('reads it, but does not write to it', async () => {
    const batch = method.batch(sizes)
    const length = lengthOf(batch)
    const make = () => new Uint8Array(immutable(scramble(new Uint8Array(length))) as ArrayBuffer)
    const images = make()
    const before = copyOf(images)
    const expected = method.expected(images, batch)
    expectBytes(await method.replay(images, method.request(batch), 2), expected)
    const out = new Uint8Array(length)
    const result = await method.replay(images, { ...method.request(batch), out }, 2)
    expectBytes(result, expected)
    if (method.takes) expect(out.length).toBe(0)

    const source = scramble(new Uint8Array(length), 2)
    const refused = (from: Uint8Array) => {
      const call = () => method.draw(from, { ...method.request(batch), out: images })
      return expectRefusal(method, call, 'ERR_INVALID_ARG_VALUE')
    }
    await refused(source)
    expectBytes(source, scramble(new Uint8Array(length), 2))
    // What takes arrays works on a copy of what it cannot take.
    if (!method.takes) await refused(images)
    expectBytes(images, before)
  })
})

here('mixLabels on an immutable buffer', () => {
  test('does not write to it', () => {
    const rows = new Float32Array(immutable(new Float32Array(4)) as ArrayBuffer)
    const mix = { shape: [2, 2], partner: [1, 0], lambda: [1, 1], out: rows } as const
    expect(() => mixLabels(rows, mix)).toThrow(code('ERR_INVALID_ARG_VALUE'))
  })
})
