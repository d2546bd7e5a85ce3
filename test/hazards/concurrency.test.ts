// Many calls at once over one pool of native threads.
import { describe, expect, test } from '@jest/globals'
import { type Batch, lengthOf } from '../oracle'
import { expectBytes, newArray, scramble } from '../support'
import { type AnyKind, synchronous, takers } from './methods'

/** From one that is done before it has begun to one that all threads share. */
const batches: Batch[] = [
  { count: 1, channels: 1, height: 5, width: 5 },
  { count: 2, channels: 3, height: 32, width: 32 },
  { count: 1, channels: 3, height: 200, width: 300 },
  { count: 8, channels: 3, height: 96, width: 96 },
]
const middling = { count: 2, channels: 3, height: 64, width: 64 }

describe.each(takers)('many of $name at once', (method) => {
  const twin = synchronous(method)
  const floats = method.kinds.find(({ dtype }) => dtype === 'float32') as AnyKind
  const make = (batch: Batch, seed: number) => scramble(newArray(floats, lengthOf(batch)), seed)

  test('mixed with synchronous calls give the same results', async () => {
    const calls = Array.from({ length: 60 }, (_, i) => {
      const batch = method.batch(batches[i % batches.length] as Batch)
      const request = method.request(batch, floats)
      return { batch, request, expected: method.expected(make(batch, i), batch, floats) }
    })
    const pending = calls.map(({ batch, request, expected }, i) => {
      const out = i % 3 === 0 ? { out: newArray(floats, lengthOf(batch)) } : {}
      const result = method.replay(make(batch, i), { ...request, ...out }, batch.count)
      expectBytes(twin.replay(make(batch, i), request, batch.count) as Float32Array, expected)
      return result
    })
    for (const [i, result] of pending.entries()) {
      expectBytes(await result, calls[i]?.expected as Uint32Array)
    }
  })

  test('on parts of one shared buffer leave each other alone', async () => {
    const batch = method.batch(middling)
    const length = lengthOf(batch)
    const parts = 24
    const shared = scramble(new Uint8Array(new SharedArrayBuffer(parts * length)))
    const expected = shared.slice()
    for (let i = 0; i < parts; i++) {
      const part = expected.subarray(i * length, (i + 1) * length)
      part.set(method.expected(part, batch) as Uint8Array)
    }
    const pending = Array.from({ length: parts }, (_, i) => {
      const part = shared.subarray(i * length, (i + 1) * length)
      return method.replay(part, method.request(batch), batch.count)
    })
    await Promise.all(pending)
    expectBytes(shared, expected)
  })

  test('may each take the result of the one before', async () => {
    const batch = method.batch(middling)
    const request = method.request(batch, floats)
    let images = make(batch, 1)
    const expected = make(batch, 1)
    for (let i = 0; i < 20; i++) {
      images = await method.replay(images, request, 2, i)
      twin.replay(expected, { ...request, out: expected }, 2, i)
    }
    expectBytes(images, expected)
  })

  test('of which some fail do not disturb the others', async () => {
    const batch = method.batch(middling)
    const request = method.request(batch, floats)
    const pending = Array.from({ length: 30 }, (_, i) => {
      return method.replay(i % 2 === 0 ? make(batch, 1) : newArray(floats, 7), request, 2)
    })
    const settled = await Promise.allSettled(pending)
    const expected = method.expected(make(batch, 1), batch, floats)
    settled.forEach((result, i) => {
      expect(result.status).toBe(i % 2 === 0 ? 'fulfilled' : 'rejected')
      if (result.status === 'fulfilled') expectBytes(result.value, expected)
    })
  })
})
