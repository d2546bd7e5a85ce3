// An array whose memory has gone elsewhere looks like an empty one.
import { describe, expect, test } from '@jest/globals'
import { copyOf, expectBytes, newArray, scramble } from '../support'
import { batchFor, expectRefusal, methods, takers } from './methods'
import { detach } from './support'

const sizes = { count: 2, channels: 3, height: 8, width: 8 }

function detached<T extends ArrayBufferView>(array: T): T {
  detach(array)
  return array
}

describe.each(methods)('$name', (method) => {
  const { batch, length, request } = batchFor(method, sizes)
  const empty = method.batch({ ...sizes, count: 0 })
  const gone = () => detached(new Uint8Array(length))

  test('refuses detached images', async () => {
    const refused = (call: () => unknown) => expectRefusal(method, call, 'ERR_BUFFER_DETACHED')
    await refused(() => method.draw(gone(), request))
    await refused(() => method.replay(gone(), request, 2))
    const images = gone()
    await refused(() => method.draw(images, { ...request, out: images }))
  })

  test('does not mistake them for an empty batch', async () => {
    const attempt = (images: Uint8Array) => () => method.replay(images, method.request(empty), 0)
    await expectRefusal(method, attempt(gone()), 'ERR_BUFFER_DETACHED')
    // Those too that were never longer than nothing.
    await expectRefusal(method, attempt(detached(new Uint8Array(0))), 'ERR_BUFFER_DETACHED')
  })

  test.each(method.kinds)('recognises a detached $name', async (kind) => {
    const images = detached(newArray(kind, length))
    const call = () => method.draw(images, method.request(batch, kind))
    await expectRefusal(method, call, 'ERR_BUFFER_DETACHED')
  })

  test('refuses a detached out, writes nothing and takes nothing', async () => {
    const images = scramble(new Uint8Array(length))
    const before = copyOf(images)
    const call = () => method.draw(images, { ...request, out: gone() })
    await expectRefusal(method, call, 'ERR_BUFFER_DETACHED')
    expectBytes(images, before)
  })

  test('does not mistake empty arrays for detached ones', async () => {
    const nothing = method.request(empty)
    expect((await method.replay(new Uint8Array(0), nothing, 0)).length).toBe(0)
    const atTheEnd = new Uint8Array(8).subarray(8)
    const result = await method.replay(atTheEnd, { ...nothing, out: atTheEnd }, 0)
    if (!method.takes) expect(result).toBe(atTheEnd)
    expect([result.length, result.byteOffset]).toEqual([0, 8])
    const call = () => method.draw(new Uint8Array(0), request)
    await expectRefusal(method, call, 'ERR_SHAPE_MISMATCH')
  })
})

describe.each(takers)('an array that $name took', (method) => {
  const { batch, length, request } = batchFor(method, sizes)

  test('is detached at once, with every view of its buffer', async () => {
    const images = new Uint8Array(length)
    const other = new Uint16Array(images.buffer)
    const result = method.draw(images, request)
    expect([images.length, other.length]).toEqual([0, 0])
    expect((await result).length).toBe(length)
  })

  test('is refused by all methods while it is in flight and afterwards', async () => {
    const images = new Uint8Array(length)
    const first = method.draw(images, request)
    for (const other of methods) {
      const call = () => other.draw(images, other.request(other.batch(sizes)))
      await expectRefusal(other, call, 'ERR_BUFFER_DETACHED')
    }
    await first
    for (const other of methods) {
      const call = () => other.draw(images, other.request(other.batch(sizes)))
      await expectRefusal(other, call, 'ERR_BUFFER_DETACHED')
    }
  })

  test('comes back with its bytes, type, offset and length', async () => {
    const images = scramble(new Uint8Array(1000)).subarray(7, 7 + length)
    const expected = method.expected(images, batch)
    const result = await method.replay(images, request, 2)
    expect(result).toBeInstanceOf(Uint8Array)
    expect(result.byteOffset).toBe(7)
    expect(result.buffer.byteLength).toBe(1000)
    expectBytes(result, expected)
  })

  test('is taken along with an out in another buffer, whose memory holds the result', async () => {
    const images = scramble(new Uint8Array(length))
    const expected = method.expected(images, batch)
    const out = new Uint8Array(length + 5).subarray(5)
    const pending = method.replay(images, { ...request, out }, 2)
    expect([images.length, out.length]).toEqual([0, 0])
    const result = await pending
    expect(result.byteOffset).toBe(5)
    expectBytes(result, expected)
  })
})
