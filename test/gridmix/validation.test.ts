// Bad input to GridMix: an error that names it, before anything is written or taken.
import { describe, expect, test } from '@jest/globals'
import { type ErrorCode, GridMask, gridmix } from '../../lib/index'
import { code, copyOf, expectBytes, scramble } from '../support'

const shape = [3, 2, 4, 5] as const
const length = 3 * 2 * 4 * 5
const params = { d: 4, ratio: 0.5 }
const plan = [params, params, params]
const gridmask = new GridMask({ ratio: 0.5, unit: 4 })

// What TypeScript would refuse is what must be tried.
type Row = [what: string, lies: object, code: ErrorCode, message: RegExp]

const partners: Row[] = [
  [
    'a number',
    { partner: 1 },
    'ERR_INVALID_ARG_TYPE',
    /`partner` to be an array.*received 1\. Pass one for each sample$/,
  ],
  ['null', { partner: null }, 'ERR_INVALID_ARG_TYPE', /received null$/],
  ['a string', { partner: '120' }, 'ERR_INVALID_ARG_TYPE', /received '120'/],
  ['an object with a length', { partner: { length: 3 } }, 'ERR_INVALID_ARG_TYPE', /an object$/],
  ['too short', { partner: [1, 0] }, 'ERR_SHAPE_MISMATCH', /each of 3 samples, .* received 2$/],
  ['too long', { partner: [1, 0, 2, 3] }, 'ERR_SHAPE_MISMATCH', /received 4$/],
  [
    'with a hole',
    { partner: [1, undefined, 2] },
    'ERR_INVALID_ARG_TYPE',
    /`partner\[1\]`.*undefined$/,
  ],
  [
    'named twice',
    { partner: [1, 2, 1] },
    'ERR_INVALID_ARG_VALUE',
    /`partner\[2\]` to be a sample that is nobody else's partner \(this one is sample 0's\), .* 1$/,
  ],
  ['beyond the batch', { partner: [1, 3, 0] }, 'ERR_OUT_OF_RANGE', /`partner\[1\]`.*0 to 2.*3$/],
  ['negative', { partner: [-1, 1, 0] }, 'ERR_OUT_OF_RANGE', /`partner\[0\]`.* -1$/],
  ['a fraction', { partner: [0.5, 1, 0] }, 'ERR_OUT_OF_RANGE', /`partner\[0\]`.* 0\.5$/],
  [
    'text',
    { partner: ['1', 2, 0] },
    'ERR_INVALID_ARG_TYPE',
    /`partner\[0\]`.* '1'\. Without quotes/,
  ],
  ['big', { partner: BigInt64Array.of(0n, 1n, 2n) }, 'ERR_INVALID_ARG_TYPE', /`partner\[0\]`/],
]

const requests: Row[] = [
  [
    'an unknown name',
    { partners: [1, 2, 0] },
    'ERR_INVALID_ARG_VALUE',
    /Unknown property `partners`/,
  ],
  ['a fill', { fill: 1 }, 'ERR_INVALID_ARG_VALUE', /Unknown property `fill`/],
  ['a short plan', { plan: [params] }, 'ERR_SHAPE_MISMATCH', /each of 3 samples, but received 1$/],
  [
    'a bad plan',
    { plan: [{ ...params, d: 0 }, params, params] },
    'ERR_OUT_OF_RANGE',
    /`plan\[0\]\.d`/,
  ],
  ['a short shape', { shape: [3, 8, 5] }, 'ERR_INVALID_ARG_TYPE', /`shape`/],
  ['another shape', { shape: [3, 2, 5, 5] }, 'ERR_SHAPE_MISMATCH', /150 elements/],
  ['another type of out', { out: new Uint8Array(length) }, 'ERR_INVALID_ARG_TYPE', /`out`/],
  ['a short out', { out: new Float32Array(5) }, 'ERR_SHAPE_MISMATCH', /`out`/],
]

describe.each([...partners, ...requests])('%s', (_, lies, expected, message) => {
  const attempt = (call: (images: Float32Array, request: never) => unknown, request: object) => {
    const images = scramble(new Float32Array(length))
    const before = copyOf(images)
    const given = { ...request, ...lies } as never
    let error: unknown
    try {
      call(images, given)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ name: 'GridMaskError', code: expected })
    expect((error as Error).message).toMatch(message)
    expectBytes(images, before)
    return images
  }

  test('is refused by the method and by the function', () => {
    attempt((images, request) => gridmask.gridmix(images, request), { shape })
    attempt((images, request) => gridmix(images, request), { shape, plan })
  })

  test('is refused by gridmixAsync, which then takes nothing', async () => {
    const images = scramble(new Float32Array(length))
    const before = copyOf(images)
    await expect(gridmask.gridmixAsync(images, { shape, ...lies } as never)).rejects.toMatchObject({
      code: expected,
    })
    expectBytes(images, before)
  })
})

test('what goes with a plan, and what does not', () => {
  const images = new Float32Array(length)
  const refused = (request: object) =>
    expect(() => gridmask.gridmix(images, { shape, plan, ...request } as never)).toThrow(
      code('ERR_INVALID_ARG_VALUE'),
    )
  refused({ epoch: 1 })
  refused({ index: 1 })
  refused({ indices: [1, 2, 3] })
  const function_ = (request: object) => () => gridmix(images, request as never)
  expect(function_({ shape })).toThrow(code('ERR_INVALID_ARG_TYPE'))
  expect(function_({ shape, plan, index: 0 })).toThrow(code('ERR_INVALID_ARG_VALUE'))
  expect(function_({ shape, plan, device: 'gpu' })).toThrow(code('ERR_INVALID_ARG_VALUE'))
  expect(() => gridmix(images, undefined as never)).toThrow(code('ERR_INVALID_ARG_TYPE'))
})

test('any kind of list may name the partners, and stays as it is', () => {
  const images = scramble(new Float32Array(length))
  const expected = gridmix(images, { shape, plan, partner: [1, 2, 0] })
  for (const partner of [Uint8Array, Int32Array, Float64Array].map((View) => View.of(1, 2, 0))) {
    const made = gridmix(images, { shape, plan, partner })
    expect(made).toEqual(expected)
    expect(made.partner).not.toBe(partner)
    expect([...partner]).toEqual([1, 2, 0])
  }
})
