/** Numbers the samples of an augmentation, and knows the probability that each is masked. */
import {
  checkEpoch,
  checkInteger,
  checkList,
  checkListLength,
  checkProbability,
  invalid,
  isPromise,
} from '../core/check'
import { orUndefined, warnOnce } from '../core/environment'
import { MAX_COUNT } from '../core/limits'
import { announceNumbers } from './announce-numbers'
import type { DrawRequest, PlanRequest } from './requests'
import { constant, type Schedule } from './schedule'

/** The global numbers of a batch's samples. */
export interface SampleRange {
  count: number
  epoch: number
  first: number
  indices: Float64Array | undefined
  /** Whether the augmentation numbers them itself. */
  own: boolean
}

/** What masked a batch: an augmentation's counter, and the samples. */
export interface Masking {
  by: SampleCounter
  range: SampleRange
}

/** The global number of sample i of a batch. */
export function indexAt(
  { first, indices }: { first: number; indices?: ArrayLike<number> | undefined },
  i: number,
): number {
  return indices === undefined ? first + i : (indices[i] as number)
}

export class SampleCounter {
  readonly #schedule: Schedule
  #epoch = 0
  /** How many samples have been numbered in epoch `#numberedEpoch`. */
  #numbered = 0
  #numberedEpoch = 0
  /** Whether the caller has ever named an epoch. */
  #epochTold = false
  #batches = 0

  /** @param key what the draws depend on besides epoch and number */
  constructor(
    probability: number | Schedule,
    readonly key: string,
  ) {
    this.#schedule = typeof probability === 'function' ? probability : constant(probability)
  }

  get epoch(): number {
    return this.#epoch
  }

  setEpoch(epoch: number): void {
    const next = checkEpoch('epoch', epoch)
    this.#epochTold = true
    const goesOn = next > this.#epoch && Math.floor(next) === Math.floor(this.#epoch)
    this.#epoch = next
    if (!goesOn) this.#numbered = 0
  }

  probabilityAt(epoch: number): number {
    const at = checkEpoch('epoch', epoch)
    const probability: unknown = this.#schedule(at)
    const name = `probability(${at})`
    if (isPromise(probability)) {
      const hint = 'A schedule must return a number, so it cannot be async'
      invalid('ERR_INVALID_ARG_TYPE', name, 'a number in [0, 1]', probability, hint)
    }
    return checkProbability(name, probability)
  }

  /** The global numbers of a batch's samples, checked. */
  of({ epoch: epochValue, index, indices }: DrawRequest, count: number): SampleRange {
    const epoch = epochValue === undefined ? this.#epoch : checkEpoch('epoch', epochValue)
    if (epochValue !== undefined) this.#epochTold = true
    if (indices !== undefined) {
      if (index !== undefined) {
        invalid('ERR_INVALID_ARG_VALUE', 'index', 'left out if `indices` are given', index)
      }
      return { count, epoch, first: 0, indices: checkIndices(indices, count), own: false }
    }
    const own = index === undefined
    const seen = Math.floor(epoch) === this.#numberedEpoch ? this.#numbered : 0
    const last = Number.MAX_SAFE_INTEGER - Math.max(count - 1, 0)
    return { count, epoch, first: checkInteger('index', own ? seen : index, 0, last), indices, own }
  }

  markSeen({ own, epoch, first, count }: SampleRange): void {
    this.#batches++
    if (this.#batches === IDLE_BATCHES && !this.#epochTold) this.#warnIfIdle()
    if (!own) return
    if (this.#batches === NUMBERED_BATCHES) announceNumbers(this.key)
    this.#numberedEpoch = Math.floor(epoch)
    this.#numbered = first + count
  }

  /** A schedule that begins at 0 never masks anything if nobody sets the epoch. */
  #warnIfIdle(): void {
    const at = (epoch: number) => orUndefined(() => this.#schedule(epoch)) ?? 0
    if (at(0) !== 0 || ![1, 10, 100, 1000].some((epoch) => at(epoch) > 0)) return
    warnOnce(
      'GRIDMASK_EPOCH',
      `None of the first ${IDLE_BATCHES} batches was masked: the probability is 0 in epoch 0 and grows ` +
        'with the epoch, which was never set. Call setEpoch() at the start of each epoch, or pass `epoch` ' +
        'with each batch',
    )
  }
}

/** After this many batches it warns if none was masked. */
const IDLE_BATCHES = 100

/** After this many batches, an augmentation counts as being in use, not just tried. */
const NUMBERED_BATCHES = 20

const INDICES = 'an array of whole numbers'

function checkIndices(indices: unknown, count: number): Float64Array {
  return checkList('indices', indices, count, INDICES, Float64Array, (value, i) =>
    checkInteger(`indices[${i}]`, value, 0, Number.MAX_SAFE_INTEGER),
  )
}

/** The number of samples that a plan's request asks for. */
export function readCount({ count, indices }: Pick<PlanRequest, 'count' | 'indices'>): number {
  const length = indices === undefined ? undefined : checkListLength('indices', indices, INDICES)
  if (length !== undefined && count !== undefined && count !== length) {
    invalid('ERR_SHAPE_MISMATCH', 'count', 'the length of `indices`, or left out', count)
  }
  return checkInteger('count', count ?? length, 0, MAX_COUNT)
}
