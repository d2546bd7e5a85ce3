import { invalid } from '../core/check'
import { orUndefined } from '../core/environment'
import { GridMaskError } from '../core/errors'
import { inspectWith } from '../core/inspection'
import { type DrawRequest, drawKeys } from '../plan/requests'
import { SampleCounter, type SampleRange } from '../plan/sample-counter'
import type { Schedule } from '../plan/schedule'
import type { Task } from './job'
import { noteMasked } from './masked-before'
import type { Given } from './requests'

/** The base of all augmentations that draw by epoch and sample number: the epoch and its probability. */
export abstract class Augmentation<Options extends object = object> {
  readonly #counter: SampleCounter

  /**
   * The options that it was made with, defaults filled in. Another augmentation can be made from them.
   * They are what `assert.deepStrictEqual` compares and `structuredClone` keeps; the latter fails if one
   * of them is a function.
   */
  readonly options: Readonly<Options>

  /**
   * @internal
   * @param draws what sets its draws apart from those of other methods with the same seed
   */
  protected constructor(
    options: Options & { seed: bigint },
    probability: number | Schedule,
    draws: number,
  ) {
    const { seed } = options
    this.#counter = new SampleCounter(probability, `${draws} ${seed}`)
    this.options = frozen({ ...options, seed: seedOption(seed) })
  }

  /** @internal */
  protected get counter(): SampleCounter {
    return this.#counter
  }

  /** The epoch for calls that name none; 0 at first. Assigning to it calls `setEpoch`. */
  get epoch(): number {
    return this.counter.epoch
  }

  set epoch(epoch: number) {
    this.setEpoch(epoch)
  }

  /**
   * Sets the epoch for calls that name none, and starts numbering samples at 0 again. Only if it
   * advances within the same epoch (12.25, then 12.5) do the numbers go on.
   *
   * @param epoch ≥ 0 and below 2³²; may have a fraction
   * @throws {GridMaskError} ERR_OUT_OF_RANGE, ERR_INVALID_ARG_TYPE
   */
  setEpoch(epoch: number): void {
    this.counter.setEpoch(epoch)
  }

  /**
   * The probability that a sample is masked at an epoch.
   *
   * @param epoch default: the epoch set
   * @throws {GridMaskError} ERR_OUT_OF_RANGE for the epoch, or if the schedule leaves [0, 1]
   */
  probabilityAt(epoch: number = this.counter.epoch): number {
    return this.counter.probabilityAt(epoch)
  }

  /**
   * The options, for `JSON.stringify`. A seed beyond 2⁵³ becomes text, a schedule or another function
   * null. The constructor refuses null, so that no default silently takes its place.
   */
  toJSON(): object {
    return Object.fromEntries(
      Object.entries(this.options).map(([name, value]) => [
        name,
        typeof value === 'function' ? null : typeof value === 'bigint' ? String(value) : value,
      ]),
    )
  }

  /**
   * A batch's samples, and a function that marks them as seen. They are replayed from the request's plan,
   * or drawn for the numbers that the request gives or the counter has next.
   *
   * @internal
   */
  protected samplesOf<S>(
    given: Given,
    count: number,
    replay: (plan: unknown) => S,
    draw: (range: SampleRange) => S,
  ): { samples: S; commit?: NonNullable<Task<unknown>['commit']> } {
    if (given.plan !== undefined) {
      for (const key of drawKeys) {
        if (given[key] !== undefined) {
          invalid('ERR_INVALID_ARG_VALUE', key, 'left out if a `plan` is given', given[key])
        }
      }
      return { samples: replay(given.plan) }
    }
    const range = this.counter.of(given as DrawRequest, count)
    const commit = (source: object, target: object) => {
      this.counter.markSeen(range)
      noteMasked(this.counter, range, source, target)
    }
    return { samples: draw(range), commit }
  }
}

/** A deep copy that nobody can change. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  const copy = Array.isArray(value)
    ? Array.from(value, (part) => frozen(part))
    : Object.fromEntries(Object.entries(value).map(([name, part]) => [name, frozen(part)]))
  return Object.freeze(copy) as T
}

/** As a number if it fits one, for JSON's sake. */
function seedOption(seed: bigint): number | bigint {
  return seed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seed) : seed
}

inspectWith(Augmentation.prototype, (augmentation, inspect) => {
  const { epoch, options } = augmentation
  const probability = orUndefined(() => augmentation.probabilityAt())
  const now = { epoch, [`probabilityAt(${epoch})`]: probability }
  return `${augmentation.constructor.name} ${inspect({ ...options, ...now })}`
})

/** Refuses a plan that is not of the batch's length. */
export function checkPlanLength(length: number, count: number): void {
  if (length === count) return
  throw new GridMaskError(
    'ERR_SHAPE_MISMATCH',
    `Expected \`plan\` to have one element for each of ${count} samples, but received ${length}`,
  )
}
