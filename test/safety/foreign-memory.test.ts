// Memory that is not the caller's alone: of WebAssembly, of an addon, of the pool of small Buffers, and
// such as nobody may write to. What can be read is masked; applyAsync copies what it cannot take.
import { markAsUntransferable } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import { applyPlan, GridMask, ignoreDropped, mixLabels } from '../../lib/index'
import { bytesOf, code, expectBytes, params, scramble, webAssemblyMemory } from './support'

const shape = [2, 3, 8, 8] as const
const length = 2 * 3 * 8 * 8
const gridmask = new GridMask({ ratio: 0.5, unit: 4 })

describe('memory that cannot be taken', () => {
  const untransferable = () => {
    const array = new Uint8Array(length)
    markAsUntransferable(array.buffer)
    return array
  }
  const pooled = () => {
    let array = Buffer.allocUnsafe(length)
    // The pool's rest may have been too small: then the next one has a new pool.
    while (array.buffer.byteLength === length) array = Buffer.allocUnsafe(length)
    return array
  }
  const webAssembly = () => new Uint8Array(webAssemblyMemory().buffer, 0, length)

  const makers = { 'marked untransferable': untransferable, pooled, WebAssembly: webAssembly }
  for (const [name, make] of Object.entries(makers)) {
    test(`${name}: applyAsync copies it, and leaves it as it was`, async () => {
      const images = scramble(make())
      const before = bytesOf(images)
      const expected = gridmask.apply(images.slice(), { shape, index: 0 })
      for (const out of [undefined, images]) {
        const request = out === undefined ? { shape, index: 0 } : { shape, index: 0, out }
        const result = await gridmask.applyAsync(images, request)
        expectBytes(result, expected)
        expect(result.buffer.byteLength).toBe(length)
      }
      expectBytes(images, before)
    })

    test(`${name}: applyAsync takes an out beside it, for the result`, async () => {
      const images = scramble(make())
      const expected = gridmask.apply(images.slice(), { shape, index: 0 })
      const out = new Uint8Array(length + 8).subarray(8)
      const result = await gridmask.applyAsync(images, { shape, index: 0, out })
      expect([images.length, out.length, result.byteOffset]).toEqual([length, 0, 8])
      expectBytes(result, expected)
    })

    test(`${name}: as out, applyAsync refuses it and takes nothing`, async () => {
      const out = make()
      for (const images of [
        new Uint8Array(length),
        new Uint8Array(new SharedArrayBuffer(length)),
      ]) {
        await expect(gridmask.applyAsync(images, { shape, out })).rejects.toThrow(
          /^Expected `out` to have memory that applyAsync\(\) can take, .* Leave `out` out/,
        )
        expect([images.length, out.length]).toEqual([length, length])
      }
    })

    test(`${name}: apply works`, () => {
      const images = scramble(make())
      const expected = gridmask.apply(images.slice(), { shape, index: 0 })
      gridmask.apply(images, { shape, index: 0, out: images })
      expectBytes(images, expected)
    })
  }
})

describe('two arrays in one buffer that cannot be taken', () => {
  test('are refused: the result could not lie where `out` is', async () => {
    const both = new Uint8Array(webAssemblyMemory().buffer, 0, 2 * length)
    const [images, out] = [both.subarray(0, length), both.subarray(length)]
    await expect(gridmask.applyAsync(images, { shape, out })).rejects.toThrow(
      code('ERR_INVALID_ARG_VALUE'),
    )
    expect(both.length).toBe(2 * length)
  })
})

describe('sharp', () => {
  test('gives memory that works at once', async () => {
    const input = { create: { width: 8, height: 8, channels: 3, background: 'white' } } as const
    const { data, info } = await sharp(input).raw().toBuffer({ resolveWithObject: true })
    const request = { shape: [1, info.height, info.width, info.channels], layout: 'NHWC' } as const
    const expected = gridmask.apply(data, { ...request, index: 0 })
    const result = await gridmask.applyAsync(data, { ...request, index: 0 })
    expectBytes(result, expected)
  })
})

describe('where structuredClone is missing, as in jsdom', () => {
  const own = globalThis.structuredClone
  beforeEach(() => {
    Reflect.deleteProperty(globalThis, 'structuredClone')
  })
  afterEach(() => {
    globalThis.structuredClone = own
  })

  test('applyAsync takes arrays all the same', async () => {
    const images = scramble(new Uint8Array(length))
    const expected = gridmask.apply(images, { shape, index: 0 })
    const result = gridmask.applyAsync(images, { shape, index: 0 })
    expect(images.length).toBe(0)
    expectBytes(await result, expected)
  })

  test('applyAsync copies what it cannot take', async () => {
    const images = scramble(new Uint8Array(webAssemblyMemory().buffer, 0, length))
    const expected = gridmask.apply(images, { shape, index: 0 })
    expectBytes(await gridmask.applyAsync(images, { shape, index: 0 }), expected)
    expect(images.length).toBe(length)
  })
})

// A proposal, in V8 behind --js-immutable-arraybuffer; test:runtimes runs this with the flag.
const immutable = (array: Uint8Array | Float32Array) => {
  type Fixed = { transferToImmutable?: () => ArrayBuffer }
  const make = (array.buffer as Fixed).transferToImmutable
  return make === undefined ? undefined : make.call(array.buffer)
}
const here = immutable(new Uint8Array(1)) === undefined ? describe.skip : describe
here('an immutable buffer', () => {
  const bytes = (n: number) => new Uint8Array(immutable(scramble(new Uint8Array(n))) as ArrayBuffer)

  test('is read, but not written', async () => {
    const images = bytes(length)
    const before = bytesOf(images)
    const expected = gridmask.apply(images.slice(), { shape, index: 0 })
    expectBytes(gridmask.apply(images, { shape, index: 0 }), expected)
    expectBytes(await gridmask.applyAsync(images, { shape, index: 0 }), expected)
    const plan = [params, params]
    const labels = bytes(2 * 64)
    for (const write of [
      () => gridmask.apply(images, { shape, out: images }),
      () => gridmask.gridmix(images, { shape, out: images }),
      () => applyPlan(new Uint8Array(length), plan, { shape, out: images }),
      () => ignoreDropped(labels, plan, { shape: [2, 8, 8], label: 1, out: labels }),
    ]) {
      expect(write).toThrow(code('ERR_INVALID_ARG_VALUE'))
    }
    const rows = new Float32Array(immutable(new Float32Array(4)) as ArrayBuffer)
    const mix = { shape: [2, 2], partner: [1, 0], lambda: [1, 1], out: rows } as const
    expect(() => mixLabels(rows, mix)).toThrow(code('ERR_INVALID_ARG_VALUE'))
    expectBytes(images, before)
  })
})
