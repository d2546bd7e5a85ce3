// Many calls at once, from one thread and from several, over one pool of native threads.
import { describe, expect, jest, test } from '@jest/globals'
import { GridMask, type Shape } from '../../lib/index'
import { clean, expectBytes, runFixture, scramble } from './support'

jest.setTimeout(60_000)

const gridmask = new GridMask({ ratio: 0.5, unit: [4, 60], rotate: 360, seed: 5 })

/** From one that is done before it has begun to one that all threads share. */
const shapes: Shape[] = [
  [1, 1, 5, 5],
  [2, 3, 32, 32],
  [1, 3, 200, 300],
  [8, 3, 96, 96],
]

const batch = (shape: Shape, seed: number) =>
  scramble(new Float32Array(shape.reduce<number>((a, b) => a * b, 1)), seed)

describe('many applyAsync at once', () => {
  test('with apply between them give what apply gives', async () => {
    const calls = Array.from({ length: 60 }, (_, i) => {
      const shape = shapes[i % shapes.length] as Shape
      return { shape, index: 10 * i, images: batch(shape, i) }
    })
    const expected = calls.map(({ images, ...request }) => gridmask.apply(images, request))

    const pending = calls.map(({ images, ...request }, i) => {
      const taken = images.slice()
      const out = i % 3 === 0 ? { out: new Float32Array(images.length) } : {}
      const result = gridmask.applyAsync(taken, { ...request, ...out })
      expectBytes(gridmask.apply(images, request), expected[i] as Float32Array)
      return result
    })
    for (const [i, result] of pending.entries()) {
      expectBytes(await result, expected[i] as Float32Array)
    }
  })

  test('are numbered in the order of the calls', async () => {
    const options = { ratio: 0.5, unit: [4, 60] as const, rotate: 360, seed: 5 }
    const [one, other] = [new GridMask(options), new GridMask(options)]
    const shape = [2, 3, 32, 32] as const
    const pending = Array.from({ length: 30 }, (_, i) => one.applyAsync(batch(shape, i), { shape }))
    const results = await Promise.all(pending)
    results.forEach((result, i) => {
      expectBytes(result, other.apply(batch(shape, i), { shape, index: 2 * i }))
    })
  })

  test('on parts of one shared buffer leave each other alone', async () => {
    const shape = [1, 3, 64, 64] as const
    const length = 3 * 64 * 64
    const parts = 24
    const shared = scramble(new Uint8Array(new SharedArrayBuffer(parts * length)))
    const before = Uint8Array.from(shared)
    const pending = Array.from({ length: parts }, (_, i) =>
      gridmask.applyAsync(shared.subarray(i * length, (i + 1) * length), { shape, index: i }),
    )
    await Promise.all(pending)
    expectBytes(shared, gridmask.apply(before, { shape: [parts, 3, 64, 64], index: 0 }))
  })

  test('may take the result of the one before', async () => {
    const shape = [1, 3, 64, 64] as const
    let images = batch(shape, 1)
    const expected = images.slice()
    for (let i = 0; i < 20; i++) {
      images = await gridmask.applyAsync(images, { shape, index: i })
      gridmask.apply(expected, { shape, index: i, out: expected })
    }
    expectBytes(images, expected)
  })

  test('of which some fail do not disturb the others', async () => {
    const shape = [1, 3, 64, 64] as const
    const pending = Array.from({ length: 30 }, (_, i) => {
      const images = i % 2 === 0 ? batch(shape, 1) : new Float32Array(7)
      return gridmask.applyAsync(images, { shape, index: 0 })
    })
    const settled = await Promise.allSettled(pending)
    const expected = gridmask.apply(batch(shape, 1), { shape, index: 0 })
    settled.forEach((result, i) => {
      expect(result.status).toBe(i % 2 === 0 ? 'fulfilled' : 'rejected')
      if (result.status === 'fulfilled') expectBytes(result.value, expected)
    })
  })
})

describe('several threads at once', () => {
  test('each with calls of both kinds, get what one thread gets', async () => {
    expect(await runFixture('threads')).toEqual(clean(0, 'done\n'))
  })
})
