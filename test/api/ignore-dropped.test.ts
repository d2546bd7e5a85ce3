// ignoreDropped() gives its label to the pixels that the mask drops, and to no other.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  applyPlan,
  type ErrorCode,
  GridMask,
  GridMaskError,
  ignoreDropped,
  type LabelArray,
} from '../../lib/index'
import { keptByLattices, lengthOf, oracle } from '../oracle'
import { copyOf, expectBytes, labelKinds, newArray, sampleParams, scramble } from '../support'

describe.each(labelKinds)('$name', ({ View, min, max }) => {
  test('dropped pixels get the label, the others keep theirs: new, `out` and in place', () => {
    fc.assert(
      fc.property(
        fc.array(sampleParams, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 50 }),
        fc.bigInt({ min: BigInt(min), max: BigInt(max) }),
        fc.nat(9),
        (plan, height, width, wide, offset) => {
          const label = typeof min === 'bigint' ? wide : Number(wide)
          const batch = { count: plan.length, channels: 1, height, width }
          const view = () => newArray({ View }, lengthOf(batch), offset)
          const labels = scramble(view())
          const before = copyOf(labels)
          const expected = oracle(labels, batch, keptByLattices(plan, batch), () => label)
          const request = { shape: [plan.length, height, width], label } as const

          const fresh = ignoreDropped(labels, plan, request)
          expect(fresh.constructor).toBe(View)
          expectBytes(fresh, expected)
          expectBytes(labels, before)
          const out = view()
          expect(ignoreDropped(labels, plan, { ...request, out })).toBe(out)
          expectBytes(out, expected)
          expect(ignoreDropped(labels, plan, { ...request, out: labels })).toBe(labels)
          expectBytes(labels, expected)
        },
      ),
      { numRuns: 40 },
    )
  }, 30_000)

  test.each([min, max])('accepts %p as the label, and nothing beyond', (label) => {
    const labels = newArray({ View }, 16)
    const zeros = copyOf(labels)
    const plan = [{ d: 4, ratio: 0.5 }]
    const result = ignoreDropped(labels, plan, { shape: [1, 4, 4], label })
    const dropped = Array.from(result as Uint8Array).filter((value) => value === label)
    expect(dropped.length).toBe(BigInt(label) === 0n ? 16 : 4)
    const one = (typeof label === 'bigint' ? 1n : 1) as number
    const beyond = label === min ? (min as number) - one : (max as number) + one
    expect(() => ignoreDropped(labels, plan, { shape: [1, 4, 4], label: beyond })).toThrow(
      typeof label === 'bigint'
        ? /^Expected `label` to be a whole number of/
        : `Expected \`label\` to be a whole number from ${min} to ${max}, but received ${beyond}`,
    )
    expectBytes(labels, zeros)
  })
})

describe.each(labelKinds.filter(({ View }) => View.BYTES_PER_ELEMENT === 8))(
  '$name, as int64 labels of onnxruntime and PyTorch',
  ({ View }) => {
    const plan = [{ d: 4, ratio: 0.5 }]
    const drop = (label: unknown, labels: LabelArray) =>
      ignoreDropped(labels, plan, { shape: [1, 4, 4], label: label as number })

    test('also accepts a number as the label', () => {
      const [wide, narrow] = [255n, 255].map((label) => drop(label, newArray({ View }, 16)))
      expect(narrow).toEqual(wide)
      expect(narrow).toContain(255n)
    })

    test.each([2 ** 60, 0.5, 'x', undefined])('refuses the label %p', (label) => {
      const labels = newArray({ View }, 16)
      expect(() => drop(label, labels)).toThrow(/^Expected `label` to be a whole number of/)
      expectBytes(labels, new Uint8Array(128))
    })
  },
)

test('the pixels are those of the images that the same plan masks', () => {
  const gridmask = new GridMask({
    ratio: [0.3, 0.7],
    unit: [5, 40],
    rotate: 360,
    unitProbability: 0.7,
    probability: 0.8,
    seed: 3,
  })
  const [count, height, width] = [12, 61, 83]
  const plan = gridmask.plan({ count })
  expect(new Set(Array.from(plan, ({ masked }) => masked))).toEqual(new Set([true, false]))
  const shape = [count, 1, height, width] as const
  const images = applyPlan(new Float32Array(count * height * width).fill(1), plan, { shape })
  const labels = ignoreDropped(new Uint16Array(images.length).fill(7), plan, {
    shape: [count, height, width],
    label: 65535,
  })
  expect(labels).toEqual(Uint16Array.from(images, (value) => (value === 1 ? 7 : 65535)))
})

test('a Buffer comes back as the Uint8Array that it is; shared memory works', () => {
  const plan = [{ d: 4, ratio: 0.5 }]
  const request = { shape: [1, 4, 4], label: 255 } as const
  const fresh = ignoreDropped(Buffer.alloc(16, 3), plan, request)
  expect(Object.getPrototypeOf(fresh)).toBe(Uint8Array.prototype)
  const shared = new Int32Array(new SharedArrayBuffer(64))
  expect(ignoreDropped(shared, plan, { ...request, out: shared })).toBe(shared)
  expect([...shared].filter((value) => value === 255)).toHaveLength(4)
})

test.each([
  [0, 4, 4],
  [1, 0, 4],
  [1, 4, 0],
])('shape [%d, %d, %d] has nothing to mask', (...shape) => {
  const plan = new Array(shape[0]).fill({ d: 4, ratio: 0.5 })
  expect(ignoreDropped(new Uint8Array(0), plan, { shape, label: 255 })).toEqual(new Uint8Array(0))
})

// What TypeScript would refuse is what must be tried.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Any = any

describe('refuses, with nothing written', () => {
  const good = { shape: [1, 4, 4], label: 255 }
  const detached = new Uint8Array(16)
  structuredClone(detached, { transfer: [detached.buffer] })
  const buffer = new ArrayBuffer(20)
  const rows: [what: string, labels: Any, request: Any, code: ErrorCode, message: RegExp][] = [
    [
      'floats',
      new Float32Array(16),
      good,
      'ERR_INVALID_ARG_TYPE',
      /`labels`.*Float32Array\. For maps of other numbers, use applyPlan\(\)/,
    ],
    [
      'an array',
      new Array(16).fill(0),
      good,
      'ERR_INVALID_ARG_TYPE',
      /`labels` to be a Uint8Array/,
    ],
    ['nothing', undefined, good, 'ERR_INVALID_ARG_TYPE', /received undefined/],
    ['a proxy', new Proxy(new Uint8Array(16), {}), good, 'ERR_INVALID_ARG_TYPE', /`labels`/],
    ['a wrong length', new Uint8Array(15), good, 'ERR_SHAPE_MISMATCH', /16 elements.*received 15$/],
    ['a detached array', detached, good, 'ERR_BUFFER_DETACHED', /`labels`/],
    ['no label', new Uint8Array(16), { shape: [1, 4, 4] }, 'ERR_INVALID_ARG_TYPE', /`label`/],
    [
      'a fraction',
      new Uint8Array(16),
      { ...good, label: 1.5 },
      'ERR_OUT_OF_RANGE',
      /`label`.*1\.5$/,
    ],
    [
      'four dimensions',
      new Uint8Array(16),
      { ...good, shape: [1, 1, 4, 4] },
      'ERR_INVALID_ARG_TYPE',
      /`shape` to be \[n, h, w\]/,
    ],
    [
      'a large side',
      new Uint8Array(16),
      { ...good, shape: [1, 16385, 1] },
      'ERR_OUT_OF_RANGE',
      /`shape\[1\]`/,
    ],
    [
      'a misspelt option',
      new Uint8Array(16),
      { ...good, ignore: 255 },
      'ERR_INVALID_ARG_VALUE',
      /Unknown property `ignore`/,
    ],
    [
      'no request',
      new Uint8Array(16),
      undefined,
      'ERR_INVALID_ARG_TYPE',
      /`request` to be an object/,
    ],
    [
      'out of another type',
      new Uint8Array(16),
      { ...good, out: new Int8Array(16) },
      'ERR_INVALID_ARG_TYPE',
      /`out` to be a Uint8Array like `labels`.*Int8Array$/,
    ],
    [
      'a short out',
      new Uint8Array(16),
      { ...good, out: new Uint8Array(9) },
      'ERR_SHAPE_MISMATCH',
      /`out`.*received 9$/,
    ],
    [
      'an overlap',
      new Uint8Array(buffer, 0, 16),
      { ...good, out: new Uint8Array(buffer, 4) },
      'ERR_OVERLAP',
      /`out` to be the memory of `labels`/,
    ],
  ]

  test.each(rows)('%s', (_, labels, request, code, message) => {
    const memory = ArrayBuffer.isView(labels) && labels !== detached ? labels.buffer : undefined
    const content = memory?.slice(0)
    let thrown: unknown
    try {
      ignoreDropped(labels as LabelArray, [{ d: 4, ratio: 0.5 }], request)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(GridMaskError)
    expect(thrown).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(memory).toEqual(content)
  })

  test('a plan of another length', () => {
    expect(() => ignoreDropped(new Uint8Array(16), [], { shape: [1, 4, 4], label: 255 })).toThrow(
      'Expected `plan` to have one element for each of 1 samples, but received 0',
    )
  })

  test('an array that a getter of the request detaches', () => {
    const labels = new Uint8Array(16)
    const request = {
      shape: [1, 4, 4] as const,
      get label() {
        structuredClone(labels, { transfer: [labels.buffer] })
        return 255
      },
    }
    expect(() => ignoreDropped(labels, [{ d: 4, ratio: 0.5 }], request)).toThrow(
      expect.objectContaining({ code: 'ERR_BUFFER_DETACHED' }),
    )
  })
})
