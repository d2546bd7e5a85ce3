import { invalid, isPromise } from '../core/check'
import { inspectWith } from '../core/inspection'

/** The base of all plans: a list of samples that are read one at a time. */
export abstract class PlanList<Sample> implements Iterable<Sample> {
  /**
   * All samples, in a new array each time. It is the only property of a plan itself: what
   * `assert.deepStrictEqual` compares, and what `structuredClone` and `postMessage` keep. Such a clone
   * works wherever a plan does, and `from()` turns it into a plan.
   */
  declare readonly samples: readonly Sample[]

  constructor() {
    Object.defineProperty(this, 'samples', samplesDescriptor)
  }

  /** Number of samples. */
  abstract get length(): number

  /** @internal */
  protected abstract read(i: number): Sample

  /** What was drawn for sample `i`, counted from the end if negative; undefined if there is none. */
  at(i: number): Sample | undefined {
    const index = Math.trunc(i) || 0
    const from = index < 0 ? index + this.length : index
    return from >= 0 && from < this.length ? this.read(from) : undefined
  }

  /** All samples, one after another. */
  *[Symbol.iterator](): Iterator<Sample> {
    for (let i = 0; i < this.length; i++) yield this.read(i)
  }

  /** All samples, for `JSON.stringify`; `from()` turns them into a plan again. */
  toJSON(): Sample[] {
    return [...this]
  }
}

const samplesDescriptor = {
  enumerable: true,
  get(this: PlanList<unknown>) {
    return [...this]
  },
}

/** How many samples are printed: more would fill the screen. */
const SHOWN = 3

inspectWith(PlanList.prototype, (plan, inspect) => {
  const { length } = plan
  const shown = Array.from({ length: Math.min(length, SHOWN) }, (_, i) => plan.at(i))
  const text = inspect(shown)
  const rest = length - shown.length
  const more = `,\n  ... ${rest} more: at(i), or [...plan]\n]`
  return `${plan.constructor.name}(${length}) ${rest === 0 ? text : text.replace(/\s*\]$/, more)}`
})

/**
 * The samples of whatever may stand for a plan: an array, a clone of a plan, or a plan of another copy of
 * the package. `key` is a property that samples of the expected kind have.
 */
export function listOf(value: unknown, key?: string): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  if (typeof value !== 'object' || value === null) return undefined
  const { samples } = value as { samples?: unknown }
  if (!Array.isArray(samples)) return undefined
  const isOther = key !== undefined && samples.length > 0 && !(key in Object(samples[0]))
  return isOther ? undefined : samples
}

/** Throws for a value that is not a plan. */
export function refusePlan(expected: string, value: unknown): never {
  invalid('ERR_INVALID_ARG_TYPE', 'plan', expected, value, hintOnPlan(value))
}

function hintOnPlan(value: unknown): string {
  if (isPromise(value)) return 'It is a promise: `await` it'
  if (typeof value === 'string') return '`JSON.parse()` turns it into samples'
  if (typeof value !== 'object' || value === null) return ''
  if (listOf(value) !== undefined) {
    return "GridMask and applyPlan() take a Plan, the methods of 'gridmask/baselines' a RegionPlan"
  }
  if (['d', 'regions', 'top'].some((key) => key in value))
    return 'Put a single sample into an array too: `[params]`'
  return 'shape' in value ? 'The order is: images, plan, request' : ''
}
