// The caller's own code runs in the middle of a call: getters of the request and of the plan,
// schedules, unit functions. By then the arrays have been checked, and it may take them away.
import { describe, expect, test } from '@jest/globals'
import {
  type ApplyRequest,
  applyPlan,
  GridMask,
  type GridMaskOptions,
  type SampleParams,
} from '../../lib/index'
import {
  bytesOf,
  code,
  detach,
  expectBytes,
  growableBuffer,
  maskedBits,
  params,
  resizableBuffer,
  scramble,
} from './support'

const shape = [1, 3, 16, 16] as const
const length = 3 * 16 * 16
const fixed = { ratio: 0.5, unit: 4 } satisfies GridMaskOptions

/** A moment during a call at which our code runs. */
interface Moment {
  options?: (act: () => void) => Partial<GridMaskOptions>
  request?: (act: () => void) => Partial<ApplyRequest>
}

const onRead =
  <K extends keyof ApplyRequest>(key: K, value: ApplyRequest[K]) =>
  (act: () => void): Partial<ApplyRequest> => ({
    get [key]() {
      act()
      return value
    },
  })

const actingParams = (act: () => void): SampleParams => ({
  ...params,
  get seed() {
    act()
    return 0
  },
})

const actingIndices = (act: () => void) => {
  const indices = [3]
  Object.defineProperty(indices, 0, {
    get() {
      act()
      return 3
    },
  })
  return indices
}

const moments: Record<string, Moment> = {
  'the schedule': {
    options: (act) => ({
      probability: () => {
        act()
        return 1
      },
    }),
  },
  'the unit function': {
    options: (act) => ({
      unit: () => {
        act()
        return 4
      },
    }),
  },
  'the getter of epoch': { request: onRead('epoch', 1) },
  'the getter of index': { request: onRead('index', 1) },
  'the getter of indices': { request: onRead('indices', [1]) },
  'the getter of dtype': { request: onRead('dtype', 'uint8') },
  'the getter of layout': { request: onRead('layout', 'NCHW') },
  'the getter of plan': { request: onRead('plan', [params]) },
  'the getter of an index': { request: (act) => ({ indices: actingIndices(act) }) },
  'a getter of the plan': { request: (act) => ({ plan: [actingParams(act)] }) },
}

/** Ways to lose an array, and what is said of it. */
const losses = {
  detached: {
    make: () => new Uint8Array(length),
    lose: (array: Uint8Array) => detach(array.buffer),
    sync: 'ERR_BUFFER_DETACHED',
    async: 'ERR_BUFFER_DETACHED',
  },
  shrunk: {
    make: () => new Uint8Array(resizableBuffer(length, length)),
    lose: (array: Uint8Array) => (array.buffer as ReturnType<typeof resizableBuffer>).resize(10),
    sync: 'ERR_SHAPE_MISMATCH',
    async: 'ERR_SHAPE_MISMATCH',
  },
} as const

describe.each(Object.entries(moments))('%s', (_, moment) => {
  for (const [name, { make, lose, sync, async }] of Object.entries(losses)) {
    /** One array is lost, once; the other must stay as it is. */
    const attempt = (lost: 'images' | 'out') => {
      const images = scramble(lost === 'images' ? make() : new Uint8Array(length))
      const out = scramble(lost === 'out' ? make() : new Uint8Array(length), 2)
      let done = false
      const act = () => {
        if (!done) lose(lost === 'images' ? images : out)
        done = true
      }
      const other = lost === 'images' ? out : images
      const gridmask = new GridMask({ ...fixed, ...moment.options?.(act) })
      // Copied by property, not by value: getters stay getters.
      const request = Object.defineProperties(
        { shape, out },
        Object.getOwnPropertyDescriptors(moment.request?.(act) ?? {}),
      )
      return { images, other, before: bytesOf(other), gridmask, request, happened: () => done }
    }

    test.each(['images', 'out'] as const)(`may have ${name} the %s of apply`, (lost) => {
      const { images, other, before, gridmask, request, happened } = attempt(lost)
      expect(() => gridmask.apply(images, request)).toThrow(code(sync))
      expect(happened()).toBe(true)
      expectBytes(other, before)
    })

    test.each(['images', 'out'] as const)(`may have ${name} the %s of applyAsync`, async (lost) => {
      const { images, other, before, gridmask, request, happened } = attempt(lost)
      await expect(gridmask.applyAsync(images, request)).rejects.toThrow(code(async))
      expect(happened()).toBe(true)
      expectBytes(other, before)
    })
  }
})

describe('applyPlan', () => {
  const onFill = (act: () => void) => ({
    get fill() {
      act()
      return 0
    },
  })
  const cases = {
    'a getter of the plan': (act: () => void) => [[actingParams(act)], {}] as const,
    'the getter of fill': (act: () => void) => [[params], onFill(act)] as const,
    'the getter of dtype': (act: () => void) => [[params], onRead('dtype', 'uint8')(act)] as const,
  }

  test.each(Object.entries(cases))('%s may take the images away', (_, make) => {
    for (const { make: makeImages, lose, sync } of Object.values(losses)) {
      const images = makeImages()
      const [samples, more] = make(() => lose(images))
      const request = Object.defineProperties({ shape }, Object.getOwnPropertyDescriptors(more))
      expect(() => applyPlan(images, samples, request)).toThrow(code(sync))
    }
  })
})

describe('a schedule', () => {
  test('may grow shared memory: applyAsync refuses it, and takes nothing', async () => {
    const shared = growableBuffer(length, 2 * length)
    const out = new Uint8Array(shared)
    const images = new Uint8Array(length)
    const probability = () => {
      shared.grow(2 * length)
      return 1
    }
    const gridmask = new GridMask({ ...fixed, probability })
    await expect(gridmask.applyAsync(images, { shape, out })).rejects.toThrow(
      code('ERR_SHAPE_MISMATCH'),
    )
    expect(images.length).toBe(length)
  })

  test('may throw: the error is the caller’s, nothing is written and no sample numbered', async () => {
    const failure = new Error('the schedule failed')
    let fails = false
    const probability = () => {
      if (fails) throw failure
      return 1
    }
    const gridmask = new GridMask({ ratio: 0.5, unit: [4, 400], probability })
    const first = gridmask.plan({ count: 1, index: 0 }).at(0)
    const images = scramble(new Uint8Array(length))
    const before = bytesOf(images)

    fails = true
    expect(() => gridmask.apply(images, { shape, out: images })).toThrow(failure)
    await expect(gridmask.applyAsync(images, { shape })).rejects.toBe(failure)
    expectBytes(images, before)
    fails = false
    expect(gridmask.plan({ count: 1 }).at(0)).toEqual(first)
  })

  test('may call apply on the same images', () => {
    const images = scramble(new Uint8Array(length))
    const other = { ...params, angle: 45 }
    const expected = maskedBits(maskedBits(images, shape, [other]), shape)
    let depth = 0
    const gridmask: GridMask = new GridMask({
      ...fixed,
      probability: () => {
        if (depth++ === 0) gridmask.apply(images, { shape, out: images, plan: [other] })
        return 0
      },
    })
    gridmask.apply(images, { shape, out: images })
    applyPlan(images, [params], { shape, out: images })
    expectBytes(images, expected)
  })
})
