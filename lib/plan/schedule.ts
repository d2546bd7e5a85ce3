import { checkNumber, checkOptions, checkProbability, invalid } from '../core/check'

/**
 * The probability that a sample is masked, as a function of the epoch (≥ 0, may be fractional).
 *
 * @example
 * ```ts
 * const late: Schedule = (epoch) => (epoch < 120 ? 0 : 0.8)
 * ```
 */
export type Schedule = (epoch: number) => number

/**
 * Settings of {@link linear}.
 *
 * @example
 * ```ts
 * const options: LinearOptions = { from: 0.1, to: 0.8, epochs: 240 }
 * ```
 */
export interface LinearOptions {
  /** P, the probability reached in the end; in [0, 1]. */
  to: number
  /** The epoch at which it is reached; above 0. */
  epochs: number
  /** The probability at epoch 0; in [0, 1]. Default 0. */
  from?: number | undefined
}

const linearOptions = new Set(['to', 'epochs', 'from'])

/**
 * A probability that grows linearly from `from` in epoch 0 to `to` in epoch `epochs`, and then
 * stays there. This is the better of the paper's two schemes (section 3, "The Scheme to Use
 * GridMask"; 4.1.1).
 *
 * @example
 * ```ts run
 * console.log(linear({ to: 0.8, epochs: 240 })(12))   // 0.04
 * ```
 * @throws {GridMaskError} ERR_OUT_OF_RANGE, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export function linear(options: LinearOptions): Schedule {
  if (typeof options === 'number') {
    const hint = 'Name the options: linear({ to: 0.8, epochs: 240 })'
    invalid('ERR_INVALID_ARG_TYPE', 'options', 'an object', options, hint)
  }
  const {
    to: toValue,
    epochs: epochsValue,
    from: fromValue = 0,
  } = checkOptions<LinearOptions>('options', options, linearOptions)
  const to = checkProbability('to', toValue)
  const from = checkProbability('from', fromValue)
  const epochs = checkNumber('epochs', epochsValue, 'a number above 0', (e) => e > 0)
  return (epoch) => (epoch >= epochs ? to : from + epoch * ((to - from) / epochs))
}

/**
 * The same probability in every epoch: the paper's other scheme, and its setting for COCO (section
 * 4.2).
 *
 * @param probability in [0, 1]
 * @example
 * ```ts run
 * console.log(constant(0.7)(12))   // 0.7
 * ```
 * @throws {GridMaskError} ERR_OUT_OF_RANGE, ERR_INVALID_ARG_TYPE
 */
export function constant(probability: number): Schedule {
  if (typeof probability === 'object' && probability !== null && 'to' in probability) {
    const expected = 'a number in [0, 1] or a function of the epoch'
    const hint = 'linear({ to, epochs }) makes one'
    invalid('ERR_INVALID_ARG_TYPE', 'probability', expected, probability, hint)
  }
  const p = checkProbability('probability', probability)
  return () => p
}
