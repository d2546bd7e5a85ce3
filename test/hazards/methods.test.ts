// The table behind this folder's tests: that nothing is missing from it, and that its rows do something.
import { describe, expect, test } from '@jest/globals'
import * as baselines from '../../lib/baselines'
import * as library from '../../lib/index'
import { lengthOf } from '../oracle'
import { scramble } from '../support'
import { methods, momentBatch } from './methods'

/** What takes no batch of arrays; `counter` and `samplesOf` are protected. */
const others = new Set([
  ...['epoch', 'setEpoch', 'probabilityAt', 'plan', 'samplesOf', 'counter', 'toJSON'],
  ...['constant', 'linear', 'cudaStatus', 'devices', 'launcherRank', 'shardIndices'],
  ...['fromAlbumentations', 'fromDali', 'fromKerasCV'],
  ...['keepRatio', 'maskOf', 'visibleFraction', 'mixLabels'],
])
/** And whose own hazards are tested in test/cuda and test/preprocessor, or that make no batch. */
const classes = new Set([
  ...['Plan', 'RegionPlan', 'GridMaskError', 'DeviceTensor'],
  ...['Preprocessor', 'PreprocessorPlan', 'Placement'],
])

const callable = Object.entries({ ...library, ...baselines }).filter(
  ([name, value]) => typeof value === 'function' && !classes.has(name),
) as [string, { prototype?: object }][]

/** A class's methods, those that it inherits too; a function's own name. */
function namesOf([name, { prototype }]: (typeof callable)[number]): string[] {
  const methodsOf = (value: object | null | undefined): string[] =>
    value === null || value === undefined || value === Object.prototype
      ? []
      : [...Object.getOwnPropertyNames(value), ...methodsOf(Object.getPrototypeOf(value))]
  const own = methodsOf(prototype).filter((key) => key !== 'constructor')
  const names = own.length === 0 ? [name] : own
  return names
    .filter((key) => !others.has(key))
    .map((key) => (own.length === 0 ? key : `${name}.${key}`))
}

test('every public function that takes a batch is in it, once', () => {
  const names = methods.map(({ name }) => name).sort()
  expect(names).toEqual([...new Set(callable.flatMap(namesOf))].sort())
  expect(names.length).toBeGreaterThan(12)
})

describe.each(methods)('$name', (method) => {
  test.each([
    { count: 2, channels: 3, height: 8, width: 8 },
    { count: 2, channels: 2, height: 8, width: 9 },
    { count: 2, channels: 3, height: 9, width: 11 },
    { count: 2, channels: 3, height: 11, width: 13 },
    momentBatch,
    { count: 3, channels: 2, height: 37, width: 41 },
  ])('drops some and keeps some of each sample of $height×$width', (sizes) => {
    const batch = method.batch(sizes)
    const images = scramble(new Uint8Array(lengthOf(batch)))
    const each = lengthOf(batch) / batch.count
    for (const variant of [0, 1]) {
      const expected = method.expected(images, batch, undefined, variant)
      for (let i = 0; i < batch.count; i++) {
        const changed = images
          .subarray(i * each, (i + 1) * each)
          .filter((byte, k) => byte !== expected[i * each + k]).length
        expect(changed).toBeGreaterThan(0)
        expect(changed).toBeLessThan(each)
      }
    }
    const [first, second] = [0, 1].map((variant) => {
      return method.expected(images, batch, undefined, variant)
    })
    expect(first).not.toEqual(second)
  })
})
