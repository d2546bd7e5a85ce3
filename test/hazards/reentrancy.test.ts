// The caller's own code runs in the middle of a call: getters of the request and of the plan, schedules,
// unit functions. By then the arrays have been checked, but that code may detach them.
import { describe, expect, test } from '@jest/globals'
import { lengthOf } from '../oracle'
import { copyOf, expectBytes, scramble } from '../support'
import {
  acting,
  batchFor,
  expectRefusal,
  type Given,
  methods,
  momentBatch,
  takers,
} from './methods'
import { detach, growableBuffer, type ResizableBuffer, resizableBuffer } from './support'

/** Ways to lose an array, and what is said of it. */
const losses = {
  detached: {
    make: (length: number) => new Uint8Array(length),
    lose: (array: Uint8Array) => detach(array),
    error: 'ERR_BUFFER_DETACHED',
  },
  shrunk: {
    make: (length: number) => new Uint8Array(resizableBuffer(length, length)),
    lose: (array: Uint8Array) => (array.buffer as ResizableBuffer).resize(10),
    error: 'ERR_SHAPE_MISMATCH',
  },
} as const

const ways = Object.entries(losses).flatMap(([loss, way]) =>
  (['images', 'out'] as const).map((lost) => ({ loss, lost, ...way })),
)

/** Acts when it is called for the first time. */
function once(work: () => unknown) {
  let happened = false
  const act = () => {
    if (happened) return
    happened = true
    work()
  }
  return Object.assign(act, { happened: () => happened })
}

/** A moment that may need `out`. */
type Moment = (act: () => void, out: Uint8Array) => Given

describe.each(methods)('$name', (method) => {
  const { length, request } = batchFor(method, momentBatch)
  const moments: Record<string, Moment> = {
    ...method.moments,
    'the getter of out': (act, out) => ({ request: acting({ out }, 'out', act) }),
  }

  describe.each(Object.entries(moments))('in %s', (_, moment) => {
    test.each(ways)('may have $loss the $lost', async ({ lost, make, lose, error }) => {
      const images = scramble(lost === 'images' ? make(length) : new Uint8Array(length))
      const out = scramble(lost === 'out' ? make(length) : new Uint8Array(length), 2)
      const other = lost === 'images' ? out : images
      const before = copyOf(other)
      // The other array must stay as it is.
      const act = once(() => lose(lost === 'images' ? images : out))
      const call = () => method.draw(images, { ...request, out }, moment(act, out))
      await expectRefusal(method, call, error)
      expect(act.happened()).toBe(true)
      expectBytes(other, before)
    })
  })
})

describe.each(methods.filter(({ takes }) => !takes))('$name', (method) => {
  const batch = method.batch(momentBatch)
  const request = method.request(batch)

  test('may be called on the same images by a getter in its plan', () => {
    const images = scramble(new Uint8Array(lengthOf(batch)))
    const first = method.expected(images, batch, undefined, 1)
    const expected = method.expected(first, batch)
    const given = { ...request, out: images }
    const moment = method.moments['a getter in plan'] as Moment
    const act = once(() => method.replay(images, given, 2, 1))
    method.draw(images, given, moment(act, images))
    expectBytes(images, expected)
  })

  if (method.instance === undefined) return
  test('may be called on the same images by a schedule', () => {
    const images = scramble(new Uint8Array(lengthOf(batch)))
    const expected = method.expected(images, batch, undefined, 1)
    const given = { ...request, out: images }
    const act = once(() => method.replay(images, given, 2, 1))
    const probability = () => {
      act()
      return 0
    }
    method.draw(images, given, { options: { probability } })
    expectBytes(images, expected)
  })
})

describe.each(takers)('$name', (method) => {
  test('refuses shared memory that a schedule lets grow, and takes nothing', async () => {
    const batch = method.batch(momentBatch)
    const length = lengthOf(batch)
    const shared = growableBuffer(length, 2 * length)
    const images = new Uint8Array(length)
    const request = { ...method.request(batch), out: new Uint8Array(shared) }
    const probability = () => {
      shared.grow(2 * length)
      return 1
    }
    const call = () => method.draw(images, request, { options: { probability } })
    await expectRefusal(method, call, 'ERR_SHAPE_MISMATCH')
    expect([shared.byteLength, images.length]).toEqual([2 * length, length])
  })
})
