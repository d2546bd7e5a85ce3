// Buffers that change their length while views of them live on.
import { describe, expect, test } from '@jest/globals'
import { copyOf, expectBytes, scramble } from '../support'
import { batchFor, expectRefusal, methods, takers } from './methods'
import { growableBuffer, resizableBuffer } from './support'

const sizes = { count: 2, channels: 3, height: 8, width: 8 }

describe.each(methods.filter(({ takes }) => !takes))('$name', (method) => {
  const { batch, length, request } = batchFor(method, sizes)
  const inPlace = (images: Uint8Array) => method.replay(images, { ...request, out: images }, 2)
  const refused = (call: () => unknown) => expectRefusal(method, call, 'ERR_SHAPE_MISMATCH')

  describe('on a resizable ArrayBuffer', () => {
    test('works, and it stays one', () => {
      const buffer = resizableBuffer(length, 2 * length)
      const images = scramble(new Uint8Array(buffer))
      const expected = method.expected(images, batch)
      inPlace(images)
      expectBytes(images, expected)
      buffer.resize(2 * length)
      expect(images.length).toBe(2 * length)
    })

    test('works after it has grown to the length that is needed', async () => {
      const buffer = resizableBuffer(length - 10, length + 4096)
      const tracking = new Uint8Array(buffer)
      await refused(() => inPlace(tracking))
      buffer.resize(length)
      scramble(tracking)
      const expected = method.expected(tracking, batch)
      expectBytes(await method.replay(tracking, request, 2), expected)
      inPlace(tracking)
      expectBytes(tracking, expected)
    })

    test('works after it has shrunk to the length that is needed', () => {
      const buffer = resizableBuffer(length + 4096, length + 4096)
      const tracking = scramble(new Uint8Array(buffer))
      buffer.resize(length)
      const expected = method.expected(tracking, batch)
      inPlace(tracking)
      expectBytes(tracking, expected)
    })

    test('as out, uses memory of the length it has now', async () => {
      const buffer = resizableBuffer(2 * length, 2 * length)
      const out = new Uint8Array(buffer)
      const images = scramble(new Uint8Array(length))
      await refused(() => method.replay(images, { ...request, out }, 2))
      buffer.resize(length)
      method.replay(images, { ...request, out }, 2)
      expectBytes(out, method.expected(images, batch))
    })

    test('keeps what lies beyond a view of fixed length', () => {
      const all = scramble(new Uint8Array(resizableBuffer(length + 20, length + 20)))
      const view = new Uint8Array(all.buffer, 13, length)
      const expected = copyOf(all)
      expected.set(method.expected(view, batch) as Uint8Array, 13)
      inPlace(view)
      expectBytes(all, expected)
    })

    test('works again on a view that the buffer was too short for, and has grown for', () => {
      const buffer = resizableBuffer(length + 8, length + 8)
      const view = new Uint8Array(buffer, 8, length)
      buffer.resize(length)
      buffer.resize(length + 8)
      scramble(view)
      const expected = method.expected(view, batch)
      inPlace(view)
      expectBytes(view, expected)
    })
  })

  test('works on a growable SharedArrayBuffer, before and after it has grown', async () => {
    const buffer = growableBuffer(length, 2 * length)
    const tracking = scramble(new Uint8Array(buffer))
    const fixed = new Uint8Array(buffer, 0, length)
    const once = method.expected(tracking, batch)
    inPlace(tracking)
    expectBytes(tracking, once)
    buffer.grow(2 * length)
    await refused(() => inPlace(tracking))
    inPlace(fixed)
    expectBytes(fixed, method.expected(once, batch))
    const twice = { ...batch, count: 4 }
    const result = await method.replay(tracking, method.request(twice), 4)
    expectBytes(result, method.expected(tracking, twice))
  })
})

describe.each(methods)('$name', (method) => {
  const { length, request } = batchFor(method, sizes)
  const outOfBounds = () => {
    const buffer = resizableBuffer(length + 8, length + 8)
    const view = new Uint8Array(buffer, 8, length)
    buffer.resize(length)
    return view
  }

  test('refuses a view that its buffer has become too short for', async () => {
    const refused = (call: () => unknown) => expectRefusal(method, call, 'ERR_SHAPE_MISMATCH')
    const images = scramble(new Uint8Array(length))
    const before = copyOf(images)
    await refused(() => method.draw(outOfBounds(), request))
    await refused(() => method.draw(images, { ...request, out: outOfBounds() }))
    const view = outOfBounds()
    await refused(() => method.draw(view, { ...request, out: view }))
    expectBytes(images, before)
    // Its start is beyond the end.
    const buffer = resizableBuffer(4096, 4096)
    const tracking = new Uint8Array(buffer, 2048)
    buffer.resize(100)
    await refused(() => method.draw(tracking, request))
  })
})

describe.each(takers)('$name', (method) => {
  const { batch, length, request } = batchFor(method, sizes)
  const resizable = () => new Uint8Array(resizableBuffer(length, 2 * length))

  test.each([
    ['images', resizable(), undefined],
    ['out', new Uint8Array(length), resizable()],
    ['images with an out that is not', resizable(), new Uint8Array(length)],
  ])('refuses a resizable buffer as %s, and detaches nothing', async (_, images, out) => {
    const given = out === undefined ? request : { ...request, out }
    scramble(images)
    const before = copyOf(images)
    await expectRefusal(method, () => method.draw(images, given), 'ERR_BUFFER_RESIZABLE')
    expectBytes(images, before)
    expect(out?.length ?? length).toBe(length)
  })

  test('works on memory of its own if a resizable buffer denies that it is one', async () => {
    const images = scramble(resizable())
    const expected = method.expected(images, batch)
    Object.defineProperty(images.buffer, 'resizable', { value: false })
    const result = await method.replay(images, request, 2)
    expect(images.buffer.byteLength).toBe(0)
    expectBytes(result, expected)
  })

  test('works on a SharedArrayBuffer that grows in the meantime', async () => {
    const buffer = growableBuffer(length, 2 * length)
    const tracking = scramble(new Uint8Array(buffer))
    const expected = method.expected(tracking, batch)
    const pending = method.replay(tracking, request, 2)
    buffer.grow(2 * length)
    const result = await pending
    expect(result.buffer).toBe(buffer)
    expectBytes(result, expected)
  })
})
