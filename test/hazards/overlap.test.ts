// Two views of one buffer.
import { describe, expect, test } from '@jest/globals'
import { lengthOf } from '../oracle'
import { bytesOf, expectBytes, scramble } from '../support'
import { type AnyKind, expectRefusal, type Method, methods } from './methods'

const sizes = { count: 2, channels: 3, height: 11, width: 13 }
const cases = methods.flatMap((method) =>
  method.kinds.map((kind) => ({ name: `${method.name}, ${kind.name}`, method, kind })),
)

/** Images and out at so many elements of one buffer, and what it is to hold when all is done. */
function setUp(method: Method, kind: AnyKind, imagesAt: number, outAt: number) {
  const batch = method.batch(sizes)
  const length = lengthOf(batch)
  const size = kind.View.BYTES_PER_ELEMENT
  const all = scramble(new Uint8Array(3 * length * size))
  const [images, out] = [imagesAt, outAt].map((at) => new kind.View(all.buffer, at * size, length))
  const before = all.slice()
  const after = all.slice()
  after.set(bytesOf(method.expected(images as Uint8Array, batch, kind)), outAt * size)
  const request = { ...method.request(batch, kind), out }
  return { all, before, after, images: images as Uint8Array, out, request }
}

describe.each(cases)('$name', ({ method, kind }) => {
  const length = lengthOf(method.batch(sizes))

  test('an out that partly overlaps the images is refused, and nothing is written', async () => {
    for (const off of [1, 2, 16, Math.floor(length / 2), length - 1]) {
      for (const outAt of [length + off, length - off]) {
        const { all, before, images, request } = setUp(method, kind, length, outAt)
        await expectRefusal(method, () => method.draw(images, request), 'ERR_OVERLAP')
        await expectRefusal(method, () => method.replay(images, request, 2), 'ERR_OVERLAP')
        expectBytes(all, before)
      }
    }
  })

  test.each([
    ['another view of the same elements, worked on in place', length, length],
    ['apart, before them', length, 0],
    ['apart, right behind them', 0, length],
    ['apart, further behind', 0, 2 * length],
  ])('out may be %s', async (_, imagesAt, outAt) => {
    const { all, after, images, out, request } = setUp(method, kind, imagesAt, outAt)
    const result = method.replay(images, request, 2)
    if (method.takes) {
      expect([all.length, images.length, out?.length]).toEqual([0, 0, 0])
      const { buffer, byteOffset, length: elements } = await result
      expect([byteOffset, elements]).toEqual([outAt * kind.View.BYTES_PER_ELEMENT, length])
      expectBytes(new Uint8Array(buffer), after)
    } else {
      expect(result).toBe(out)
      expectBytes(all, after)
    }
  })
})

describe.each(methods)('$name', (method) => {
  test('refuses views of the same memory with other types', async () => {
    const batch = method.batch(sizes)
    const images = new Uint8Array(lengthOf(batch))
    const out = new Uint8ClampedArray(images.buffer)
    const call = () => method.draw(images, { ...method.request(batch), out })
    await expectRefusal(method, call, 'ERR_INVALID_ARG_TYPE')
  })

  test('sees no overlap between views without a common byte, wherever they lie', async () => {
    const memory = scramble(new Uint8Array(20))
    const before = memory.slice()
    const out = memory.subarray(10, 10)
    const request = { ...method.request(method.batch({ ...sizes, count: 0 })), out }
    const result = await method.replay(memory.subarray(5, 5), request, 0)
    if (!method.takes) expect(result).toBe(out)
    expect([result.byteOffset, result.length]).toEqual([10, 0])
    expectBytes(new Uint8Array(result.buffer), before)
  })
})
