import { invalid } from '../core/check'
import { GridMaskError } from '../core/errors'
import { type DrawRequest, drawKeys } from '../plan/requests'
import { SampleCounter, type SampleRange } from '../plan/sample-counter'
import type { Schedule } from '../plan/schedule'
import type { Given } from './job'

/** What all augmentations have that draw by epoch and sample number: the epoch, and the chance in it. */
export abstract class Augmentation {
  /** @internal */
  protected readonly counter: SampleCounter

  /** @internal */
  protected constructor(probability: number | Schedule) {
    this.counter = new SampleCounter(probability)
  }

  /** The epoch that `setEpoch` set; 0 at first. */
  get epoch(): number {
    return this.counter.epoch
  }

  /**
   * Sets the epoch of the calls that name none, and starts to number samples at 0 again. Only a
   * fraction that goes on within the same epoch (12.25, then 12.5) goes on with the numbers too.
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
   * A batch's samples, and how to say that they have been seen: replayed from the request's plan, or
   * drawn for the numbers that it gives or the counter has next.
   *
   * @internal
   */
  protected samplesOf<S>(
    given: Given,
    count: number,
    replay: (plan: unknown) => S,
    draw: (range: SampleRange) => S,
  ): { samples: S; commit?: () => void } {
    if (given.plan !== undefined) {
      for (const key of drawKeys) {
        if (given[key] !== undefined) {
          invalid('ERR_INVALID_ARG_VALUE', key, 'left out where a `plan` is given', given[key])
        }
      }
      return { samples: replay(given.plan) }
    }
    const range = this.counter.of(given as DrawRequest, count)
    return { samples: draw(range), commit: () => this.counter.markSeen(range) }
  }
}

/** Refuses a plan that is not of the batch's length. */
export function checkPlanLength(length: number, count: number): void {
  if (length === count) return
  throw new GridMaskError(
    'ERR_SHAPE_MISMATCH',
    `Expected \`plan\` to have one element for each of ${count} samples, but received ${length}`,
  )
}
