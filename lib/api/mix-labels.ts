/** The labels of mixed samples. */
import { types } from 'node:util'
import { hintOnArray } from '../arrays/array-hint'
import { checkAttached, checkWritable, lengthOf } from '../arrays/typed-array'
import { checkInteger, checkList, checkNumber, checkOptions, invalid } from '../core/check'
import { GridMaskError } from '../core/errors'
import { MAX_COUNT } from '../core/limits'
import { allocating } from '../core/memory'
import { checkPartner } from '../plan/mix-partners'

/**
 * The request of {@link mixLabels}.
 *
 * @example
 * ```ts
 * const request: LabelRequest = { shape: [2, 10], partner: [1, 0], lambda: [0.7, 0.9] }
 * ```
 */
export interface LabelRequest {
  /** `[n, classes]`. */
  shape: readonly [n: number, classes: number] | readonly number[]
  /** From the result of GridMix: the sample that each was mixed with. */
  partner: ArrayLike<number>
  /**
   * From the result of GridMix: the fraction of its own pixels that each sample kept, in [0, 1].
   */
  lambda: ArrayLike<number>
  /** Where the result goes; may be the labels themselves, or overlap them. Default: a new array. */
  out?: Float32Array | undefined
}

const keys = new Set(['shape', 'partner', 'lambda', 'out'])

/**
 * Computes the labels of mixed samples, as in Mixup: `lambda · y_i + (1 - lambda) · y_partner`, in
 * double precision, rounded once.
 *
 * @param oneHot a row of `classes` numbers for each sample: one-hot, or any distribution
 * @returns `out`, or a new array
 * @example
 * ```ts run
 * const labels = Float32Array.of(1, 0, 0, 1)   // two samples, two classes
 * const mixed = mixLabels(labels, { shape: [2, 2], partner: [1, 0], lambda: [0.75, 0.5] })
 * console.log(mixed)   // Float32Array(4) [ 0.75, 0.25, 0.5, 0.5 ]
 * ```
 * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE,
 *   ERR_SHAPE_MISMATCH, ERR_BUFFER_DETACHED, ERR_ALLOCATION; nothing has been written then
 */
export function mixLabels(oneHot: Float32Array, request: LabelRequest): Float32Array {
  const given = checkOptions<LabelRequest>('request', request, keys)
  const { shape, out } = given
  if (!Array.isArray(shape) || shape.length !== 2) {
    invalid('ERR_INVALID_ARG_TYPE', 'shape', '[n, classes]', shape)
  }
  const count = checkInteger('shape[0]', shape[0], 0, MAX_COUNT)
  const classes = checkInteger('shape[1]', shape[1], 0, Number.MAX_SAFE_INTEGER)
  const partner = checkPartner(given.partner, count)
  const lambda = checkLambda(given.lambda, count)
  // After everything that may run the caller's code.
  checkLabels('oneHot', oneHot, count * classes)
  if (out !== undefined) {
    checkLabels('out', out, count * classes)
    checkWritable('out', out)
  }
  const target = out ?? allocating('the result', () => new Float32Array(count * classes))
  // A row must not be read as a partner's once it is written. An overlap cannot be detected, since two
  // buffers can stand for the same shared memory.
  const labels =
    out === undefined ? oneHot : allocating('a copy of `oneHot`', () => new Float32Array(oneHot))
  for (let i = 0; i < count; i++) {
    const own = i * classes
    const other = (partner[i] as number) * classes
    const share = lambda[i] as number
    for (let k = 0; k < classes; k++) {
      target[own + k] =
        share * (labels[own + k] as number) + (1 - share) * (labels[other + k] as number)
    }
  }
  return target
}

function checkLambda(value: unknown, count: number): Float64Array {
  return checkList('lambda', value, count, 'an array of numbers', Float64Array, (number, i) =>
    checkNumber(`lambda[${i}]`, number, 'a number in [0, 1]', (l) => l >= 0 && l <= 1),
  )
}

function checkLabels(name: string, value: unknown, length: number): void {
  if (!types.isFloat32Array(value)) {
    const hint =
      types.isTypedArray(value) && !types.isFloat64Array(value)
        ? 'Turn class numbers into rows first: docs/recipes.md'
        : hintOnArray(name, value)
    invalid('ERR_INVALID_ARG_TYPE', name, 'a Float32Array', value, hint)
  }
  checkAttached(name, value)
  if (lengthOf(value) === length) return
  throw new GridMaskError(
    'ERR_SHAPE_MISMATCH',
    `Expected \`${name}\` to have ${length} elements, the product of \`shape\`, ` +
      `but received ${lengthOf(value)}`,
  )
}
