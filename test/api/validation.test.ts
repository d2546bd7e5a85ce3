// Bad input: each gets a GridMaskError with its code and a message that names the argument, before
// anything is written.
import { describe, expect, test } from '@jest/globals'
import {
  applyPlan,
  constant,
  fromAlbumentations,
  fromDali,
  fromKerasCV,
  GridMask,
  GridMaskError,
  keepRatio,
  linear,
  maskOf,
  Plan,
  visibleFraction,
} from '../../lib/index'
import { type Any, type BadValue, expectError } from '../support'

const good = { ratio: 0.5, unit: 8 }
const shape = [2, 3, 4, 5]
const images = () => new Float32Array(120).fill(1)
const params = { d: 8, ratio: 0.5 }

describe('options', () => {
  const rows: BadValue[] = [
    ['ratio', 0, 'ERR_OUT_OF_RANGE', /`ratio` to be a number in \(0, 1\).*received 0$/],
    ['ratio', 1, 'ERR_OUT_OF_RANGE', /received 1$/],
    ['ratio', 1.4, 'ERR_OUT_OF_RANGE', /received 1\.4$/],
    ['ratio', Number.NaN, 'ERR_OUT_OF_RANGE', /received NaN$/],
    ['ratio', '0.5', 'ERR_INVALID_ARG_TYPE', /received '0\.5'\. Without quotes it is a number$/],
    ['ratio', undefined, 'ERR_INVALID_ARG_TYPE', /received undefined$/],
    ['ratio', [0.5, 0.5], 'ERR_OUT_OF_RANGE', /received \[0\.5, 0\.5\]\. .* pass 0\.5 alone$/],
    ['ratio', [0.6, 0.5], 'ERR_OUT_OF_RANGE', /`ratio`/],
    ['ratio', [0, 0.5], 'ERR_OUT_OF_RANGE', /`ratio`/],
    ['ratio', [0.5, 1.1], 'ERR_OUT_OF_RANGE', /`ratio`/],
    ['ratio', [0.5], 'ERR_INVALID_ARG_TYPE', /`ratio`/],
    ['ratio', [0.1, 0.2, 0.3], 'ERR_INVALID_ARG_TYPE', /`ratio`/],
    ['unit', 0, 'ERR_OUT_OF_RANGE', /`unit`.*received 0$/],
    ['unit', -3, 'ERR_OUT_OF_RANGE', /`unit`/],
    ['unit', 2.5, 'ERR_OUT_OF_RANGE', /`unit`/],
    ['unit', 32768, 'ERR_OUT_OF_RANGE', /from 1 to 32767/],
    ['unit', [8, 8], 'ERR_OUT_OF_RANGE', /received \[8, 8\]\. The upper end is exclusive/],
    ['unit', [9, 8], 'ERR_OUT_OF_RANGE', /received \[9, 8\]\. .* \[8, 9\]$/],
    ['unit', [0, 8], 'ERR_OUT_OF_RANGE', /`unit`/],
    ['unit', [1, 32769], 'ERR_OUT_OF_RANGE', /`unit`/],
    ['unit', '8', 'ERR_INVALID_ARG_TYPE', /`unit`/],
    ['unit', undefined, 'ERR_INVALID_ARG_TYPE', /`unit`/],
    ['rotate', -1, 'ERR_OUT_OF_RANGE', /`rotate`.*from 0 to 360/],
    ['rotate', 361, 'ERR_OUT_OF_RANGE', /`rotate`/],
    ['rotate', 1.5, 'ERR_OUT_OF_RANGE', /`rotate`/],
    ['rotate', true, 'ERR_INVALID_ARG_TYPE', /`rotate`/],
    ['reverse', 1, 'ERR_INVALID_ARG_TYPE', /`reverse` to be a boolean/],
    ['unitProbability', 1.1, 'ERR_OUT_OF_RANGE', /`unitProbability`.*\[0, 1\]/],
    ['probability', -0.1, 'ERR_OUT_OF_RANGE', /`probability`/],
    ['probability', Number.NaN, 'ERR_OUT_OF_RANGE', /`probability`/],
    ['probability', '1', 'ERR_INVALID_ARG_TYPE', /`probability`/],
    ['fill', 'grey', 'ERR_INVALID_ARG_TYPE', /`fill`/],
    ['fill', [], 'ERR_INVALID_ARG_TYPE', /`fill`/],
    ['fill', [1, '2'], 'ERR_INVALID_ARG_TYPE', /`fill\[1\]`/],
    ['seed', -1, 'ERR_OUT_OF_RANGE', /`seed`/],
    ['seed', 1.5, 'ERR_OUT_OF_RANGE', /`seed`/],
    ['seed', 2 ** 53, 'ERR_OUT_OF_RANGE', /`seed`/],
    ['seed', 2n ** 64n, 'ERR_OUT_OF_RANGE', /received 18446744073709551616n$/],
    ['seed', -1n, 'ERR_OUT_OF_RANGE', /`seed`/],
    ['seed', {}, 'ERR_INVALID_ARG_TYPE', /`seed`.*received an object$/],
    ['device', 'gpu', 'ERR_INVALID_ARG_VALUE', /`device`.*received 'gpu'\. .* 'cuda'$/],
    ['device', 'cuda:x', 'ERR_INVALID_ARG_VALUE', /`device`/],
    ['device', 0, 'ERR_INVALID_ARG_TYPE', /`device`/],
    ['threads', 0, 'ERR_OUT_OF_RANGE', /`threads`/],
    ['threads', 1025, 'ERR_OUT_OF_RANGE', /`threads`/],
    [
      'rations',
      0.5,
      'ERR_INVALID_ARG_VALUE',
      /Unknown property `rations`.*Known properties: ratio, unit/,
    ],
  ]
  test.each(rows)('%s: %p', (key, value, code, message) => {
    expectError(() => new GridMask({ ...good, [key]: value }), code, message)
  })

  test('are an object', () => {
    for (const options of [undefined, null, 7, [good]] as Any[]) {
      expectError(() => new GridMask(options), 'ERR_INVALID_ARG_TYPE', /`options` to be an object/)
    }
  })

  test('that are functions must answer within range', () => {
    const unit = new GridMask({ ...good, unit: () => [5, 5] as Any })
    expectError(
      () => unit.apply(images(), { shape } as Any),
      'ERR_OUT_OF_RANGE',
      /`unit\(height, w/,
    )
    for (const value of [1.5, -1, Number.NaN]) {
      const schedule = new GridMask({ ...good, probability: () => value })
      const message = /`probability\(3\)` to be a number in \[0, 1\]/
      expectError(() => schedule.probabilityAt(3), 'ERR_OUT_OF_RANGE', message)
      expectError(
        () => schedule.apply(images(), { shape, epoch: 3 } as Any),
        'ERR_OUT_OF_RANGE',
        message,
      )
    }
    const text = new GridMask({ ...good, probability: () => '1' as Any })
    expectError(() => text.plan({ count: 1 }), 'ERR_INVALID_ARG_TYPE', /`probability\(0\)`/)
  })
})

describe('requests of apply and applyAsync', () => {
  const rows: BadValue[] = [
    ['shape', [2, 3, 4], 'ERR_INVALID_ARG_TYPE', /`shape` to be \[n, c, h, w\]/],
    ['shape', undefined, 'ERR_INVALID_ARG_TYPE', /`shape`/],
    ['shape', [2, 3, 4, 6], 'ERR_SHAPE_MISMATCH', /`images` to have 144 elements.*received 120/],
    ['shape', [2, 3, 16385, 5], 'ERR_OUT_OF_RANGE', /`shape\[2\]`.*from 0 to 16384/],
    ['shape', [2, 3, 4, -5], 'ERR_OUT_OF_RANGE', /`shape\[3\]`/],
    ['shape', [2.5, 3, 4, 5], 'ERR_OUT_OF_RANGE', /`shape\[0\]`/],
    ['shape', ['2', 3, 4, 5], 'ERR_INVALID_ARG_TYPE', /`shape\[0\]`/],
    ['layout', 'CHW', 'ERR_INVALID_ARG_VALUE', /`layout` to be one of 'NCHW', 'NHWC'/],
    ['layout', 3, 'ERR_INVALID_ARG_TYPE', /`layout`/],
    ['dtype', 'float64', 'ERR_INVALID_ARG_VALUE', /`dtype`/],
    ['dtype', 'uint8', 'ERR_INVALID_ARG_TYPE', /`images` to be a Uint8Array.*Float32Array/],
    ['out', new Uint8Array(120), 'ERR_INVALID_ARG_TYPE', /`out`/],
    ['out', [1, 2], 'ERR_INVALID_ARG_TYPE', /`out`/],
    ['out', new Float32Array(119), 'ERR_SHAPE_MISMATCH', /`out` to have 120 elements/],
    ['epoch', -1, 'ERR_OUT_OF_RANGE', /`epoch`/],
    ['epoch', Number.POSITIVE_INFINITY, 'ERR_OUT_OF_RANGE', /`epoch`/],
    ['epoch', 2 ** 32, 'ERR_OUT_OF_RANGE', /`epoch`/],
    ['epoch', '3', 'ERR_INVALID_ARG_TYPE', /`epoch`/],
    ['index', -1, 'ERR_OUT_OF_RANGE', /`index`/],
    ['index', 0.5, 'ERR_OUT_OF_RANGE', /`index`/],
    ['index', Number.NaN, 'ERR_OUT_OF_RANGE', /`index`/],
    ['index', 2 ** 53 - 1, 'ERR_OUT_OF_RANGE', /`index`/],
    ['indices', [1], 'ERR_SHAPE_MISMATCH', /`indices`.*2 samples.*received 1/],
    ['indices', [1, -1], 'ERR_OUT_OF_RANGE', /`indices\[1\]`/],
    ['indices', 7, 'ERR_INVALID_ARG_TYPE', /`indices`/],
    ['plan', [params], 'ERR_SHAPE_MISMATCH', /`plan`.*2 samples.*received 1/],
    ['plan', {}, 'ERR_INVALID_ARG_TYPE', /`plan`/],
    ['plan', [params, { d: 8 }], 'ERR_INVALID_ARG_TYPE', /`plan\[1\]\.ratio`/],
    ['fill', 3, 'ERR_INVALID_ARG_VALUE', /Unknown property `fill`/],
    ['shap', shape, 'ERR_INVALID_ARG_VALUE', /Unknown property `shap`/],
  ]
  test.each(rows)('%s: %p', async (key, value, code, message) => {
    const gridmask = new GridMask(good)
    const untouched = images()
    const request = { shape, [key]: value } as Any
    expectError(() => gridmask.apply(untouched, request), code, message)
    expectError(() => gridmask.apply(untouched, { out: untouched, ...request }), code, message)
    await expect(gridmask.applyAsync(untouched, request)).rejects.toMatchObject({ code })
    expect(untouched).toEqual(images())
  })

  test('a plan together with draws', () => {
    const plan = [params, params]
    for (const key of ['epoch', 'index', 'indices']) {
      const request = { shape, plan, [key]: key === 'indices' ? [1, 2] : 1 } as Any
      const message = new RegExp(`\`${key}\` to be left out if a \`plan\``)
      expectError(
        () => new GridMask(good).apply(images(), request),
        'ERR_INVALID_ARG_VALUE',
        message,
      )
    }
    const both = { shape, index: 1, indices: [1, 2] } as Any
    expectError(() => new GridMask(good).apply(images(), both), 'ERR_INVALID_ARG_VALUE', /`index`/)
  })

  test('a Uint16Array without a dtype', () => {
    const half = new Uint16Array(120) as Any
    const message = /`dtype` to say what the Uint16Array `images` holds, 'float16' or 'bfloat16'/
    expectError(
      () => new GridMask(good).apply(half, { shape } as Any),
      'ERR_INVALID_ARG_TYPE',
      message,
    )
  })

  test('arrays of types that hold no images', () => {
    for (const value of [new Float64Array(120), new Int8Array(120), [1], null, 'x'] as Any[]) {
      expectError(
        () => new GridMask(good).apply(value, { shape } as Any),
        'ERR_INVALID_ARG_TYPE',
        /`images`/,
      )
    }
  })

  test('a fill for another number of channels, or that uint8 cannot hold', () => {
    const two = new GridMask({ ...good, fill: [1, 2] })
    expectError(
      () => two.apply(images(), { shape } as Any),
      'ERR_SHAPE_MISMATCH',
      /`fill`.*3 channels.*2/,
    )
    for (const fill of [-1, 256, 0.5, Number.NaN]) {
      const bytes = new Uint8Array(120)
      const apply = () => new GridMask({ ...good, fill }).apply(bytes, { shape } as Any)
      expectError(apply, 'ERR_OUT_OF_RANGE', /`fill` to be a whole number from 0 to 255/)
    }
  })
})

describe('parameters of a mask', () => {
  const rows: BadValue[] = [
    ['d', 0, 'ERR_OUT_OF_RANGE', /`params\.d` to be a whole number from 1 to 32767/],
    ['d', 32768, 'ERR_OUT_OF_RANGE', /`params\.d`/],
    ['d', 1.5, 'ERR_OUT_OF_RANGE', /`params\.d`/],
    ['d', undefined, 'ERR_INVALID_ARG_TYPE', /`params\.d`/],
    ['ratio', 1, 'ERR_OUT_OF_RANGE', /`params\.ratio`/],
    ['l', 3, 'ERR_INVALID_ARG_VALUE', /`params\.l` to be ceil\(d · ratio\) = 4/],
    ['deltaX', 8, 'ERR_OUT_OF_RANGE', /`params\.deltaX`.*from 0 to 7/],
    ['deltaY', -1, 'ERR_OUT_OF_RANGE', /`params\.deltaY`/],
    ['angle', Number.NaN, 'ERR_OUT_OF_RANGE', /`params\.angle` to be a finite number/],
    ['angle', Number.NEGATIVE_INFINITY, 'ERR_OUT_OF_RANGE', /`params\.angle`/],
    ['angle', '30', 'ERR_INVALID_ARG_TYPE', /`params\.angle`/],
    ['reverse', 0, 'ERR_INVALID_ARG_TYPE', /`params\.reverse`/],
    ['unitProbability', -0.5, 'ERR_OUT_OF_RANGE', /`params\.unitProbability`/],
    ['unitKey', [1], 'ERR_INVALID_ARG_TYPE', /`params\.unitKey`/],
    ['unitKey', [1, 2 ** 32], 'ERR_OUT_OF_RANGE', /`params\.unitKey\[1\]`/],
    ['seed', '18446744073709551616', 'ERR_OUT_OF_RANGE', /`params\.seed`/],
    ['seed', '0x1', 'ERR_INVALID_ARG_TYPE', /`params\.seed`/],
    ['epoch', 2 ** 32, 'ERR_OUT_OF_RANGE', /`params\.epoch`/],
    ['epoch', 0.5, 'ERR_OUT_OF_RANGE', /`params\.epoch`/],
    ['index', -1, 'ERR_OUT_OF_RANGE', /`params\.index`/],
    ['index', 2 ** 53, 'ERR_OUT_OF_RANGE', /`params\.index`/],
    ['masked', 'yes', 'ERR_INVALID_ARG_TYPE', /`params\.masked`/],
    ['delta', 1, 'ERR_INVALID_ARG_VALUE', /Unknown property `delta`/],
  ]
  test.each(rows)('%s: %p', (key, value, code, message) => {
    const bad = { ...params, [key]: value } as Any
    expectError(() => maskOf(bad, [4, 4]), code, message)
    expectError(() => keepRatio(bad, [4, 4]), code, message)
    expectError(() => visibleFraction(bad, [4, 4], []), code, message)
    const inPlan = new RegExp(message.source.replaceAll('params\\.', 'plan\\[0\\]\\.'))
    expectError(() => Plan.from([bad]), code, inPlan)
  })

  test('sizes and boxes', () => {
    expectError(
      () => maskOf(params, [4] as Any),
      'ERR_INVALID_ARG_TYPE',
      /`size` to be \[height, width\]/,
    )
    expectError(() => maskOf(params, [4, 16385]), 'ERR_OUT_OF_RANGE', /`size\[1\]`/)
    expectError(() => keepRatio(params, [-1, 4]), 'ERR_OUT_OF_RANGE', /`size\[0\]`/)
    const boxes =
      (...list: Any[]) =>
      () =>
        visibleFraction(params, [9, 9], list)
    expectError(boxes([0, 0, 1, 1], [0, 0, 1]), 'ERR_INVALID_ARG_TYPE', /`boxes\[1\]`/)
    expectError(boxes([3, 0, 1, 1]), 'ERR_OUT_OF_RANGE', /x0 <= x1.*received \[3, 0, 1, 1\]/)
    expectError(boxes([0, 0, Number.NaN, 1]), 'ERR_OUT_OF_RANGE', /`boxes\[0\]`/)
    expectError(() => visibleFraction(params, [9, 9], 5 as Any), 'ERR_INVALID_ARG_TYPE', /`boxes`/)
  })

  test('plans cannot be constructed by hand', () => {
    expectError(() => new (Plan as Any)([params]), 'ERR_INVALID_ARG_TYPE', /Plan\.from/)
  })
})

test('requests of plan and applyPlan, epochs, schedules', () => {
  const gridmask = new GridMask(good)
  expectError(() => gridmask.plan({}), 'ERR_INVALID_ARG_TYPE', /`count`/)
  expectError(() => gridmask.plan({ count: -1 }), 'ERR_OUT_OF_RANGE', /`count`/)
  expectError(() => gridmask.plan({ count: 3, indices: [1] }), 'ERR_SHAPE_MISMATCH', /`count`/)
  expectError(() => gridmask.plan({ cout: 3 } as Any), 'ERR_INVALID_ARG_VALUE', /`cout`/)
  expectError(() => gridmask.setEpoch(-1), 'ERR_OUT_OF_RANGE', /`epoch`/)
  expectError(() => gridmask.setEpoch(undefined as Any), 'ERR_INVALID_ARG_TYPE', /`epoch`/)
  const plan = [params, params]
  const request = (more: object) => () => applyPlan(images(), plan, { shape, ...more } as Any)
  expectError(request({ epoch: 1 }), 'ERR_INVALID_ARG_VALUE', /Unknown property `epoch`/)
  expectError(request({ fill: [1] }), 'ERR_SHAPE_MISMATCH', /`fill`/)
  expectError(request({ device: 'tpu' }), 'ERR_INVALID_ARG_VALUE', /`device`/)
  expectError(() => linear({ to: 2, epochs: 3 }), 'ERR_OUT_OF_RANGE', /`to`/)
  expectError(() => linear({ to: 1, epochs: 0 }), 'ERR_OUT_OF_RANGE', /`epochs`/)
  expectError(() => linear({ to: 1, epoch: 9 } as Any), 'ERR_INVALID_ARG_VALUE', /`epoch`/)
  expectError(() => constant(-1), 'ERR_OUT_OF_RANGE', /`probability`/)
})

test('arguments of the converters', () => {
  expectError(() => fromDali({ ratio: 1 }, [9, 9]), 'ERR_OUT_OF_RANGE', /`ratio`/)
  expectError(() => fromDali({ tile: 1 }, [9, 9]), 'ERR_OUT_OF_RANGE', /`tile`/)
  expectError(() => fromDali({}, undefined as Any), 'ERR_INVALID_ARG_TYPE', /`size\[0\]`/)
  expectError(() => fromKerasCV({ ratioFactor: 1 }), 'ERR_OUT_OF_RANGE', /`ratioFactor`/)
  expectError(() => fromKerasCV({ rotationFactor: 2 }), 'ERR_OUT_OF_RANGE', /`rotationFactor`/)
  expectError(
    () => fromAlbumentations({ numGridRange: [3, 2] }),
    'ERR_OUT_OF_RANGE',
    /`numGridRange/,
  )
  expectError(
    () => fromAlbumentations({ unitSizeRange: [1, 2] }),
    'ERR_OUT_OF_RANGE',
    /`unitSizeRa/,
  )
  expectError(() => fromAlbumentations({ holes: 3 } as Any), 'ERR_INVALID_ARG_VALUE', /`holes`/)
})

test('instanceof holds for errors of another copy of the package, and for no others', () => {
  const other = Object.create(Error.prototype, {
    [Symbol.for('gridmask.GridMaskError')]: { value: true },
  })
  expect(other).toBeInstanceOf(GridMaskError)
  for (const value of [new Error('x'), {}, null, undefined, 'text']) {
    expect(value instanceof (GridMaskError as Any)).toBe(false)
  }
})
