/** Mixing as a {@link BatchOperation}: partners, lambda, and the native calls. */

import type { Dimensions } from '../arrays/batch-shape'
import { expectDone, native } from '../backend/native'
import { type BatchLayout, packBatch, packCount, packHeader } from '../core/batch-header'
import { GridMaskError } from '../core/errors'
import { inspectWith } from '../core/inspection'
import { allocating } from '../core/memory'
import { type CudaOutcome, TOO_LARGE } from '../core/native-interface'
import { checkPartner } from '../plan/mix-partners'
import type { PackedPlan } from '../plan/plan'
import { DeviceTensor } from './device-tensor'
import { type BatchOperation, isEmpty } from './operation'
import type { GridMix } from './requests'

/** How a batch is mixed; the same for arrays and tensors. */
export class Mix {
  #lambda: Float64Array | undefined

  /** @param threads how many count the pixels of {@link Mix.lambda} */
  constructor(
    readonly plan: PackedPlan,
    readonly partner: Int32Array,
    private readonly dimensions: Dimensions,
    private readonly threads: number,
  ) {}

  /** The fraction of each sample that stays its own, counted on first access. */
  get lambda(): Float64Array {
    this.#lambda ??= lambdaOf(this.plan, this.partner, this.dimensions, this.threads)
    return this.#lambda
  }

  /** An array for a native call that counts lambda as it mixes, which costs less than to count it apart. */
  lambdaToCount(): Float64Array {
    this.#lambda = newLambda(this.partner.length).fill(1)
    return this.#lambda
  }
}

function newLambda(count: number): Float64Array {
  return allocating('`lambda`', () => new Float64Array(count))
}

/** What the caller gets. For a tensor, lambda is counted when it is read, while the device works. */
export function mixed<T>(images: T, mix: Mix): GridMix<T> {
  const { partner } = mix
  if (DeviceTensor.is(images)) return new TensorMix(images, mix)
  const result = { images, partner, lambda: mix.lambda }
  inspectWith(result, showMix)
  return result
}

/** A class, since an object with a getter of its own takes as long to make as a launch. */
class TensorMix<T> implements GridMix<T> {
  declare readonly lambda: Float64Array
  readonly partner: Int32Array
  readonly #mix: Mix

  static readonly #lambda: PropertyDescriptor & ThisType<TensorMix<unknown>> = {
    get() {
      return this.#mix.lambda
    },
    enumerable: true,
    configurable: true,
  }

  constructor(
    readonly images: T,
    mix: Mix,
  ) {
    this.partner = mix.partner
    this.#mix = mix
    // Its own, so that a copy has it.
    Object.defineProperty(this, 'lambda', TensorMix.#lambda)
  }
}

/** Shows few pixels: partners and lambda matter more. */
function showMix(
  { images, partner, lambda }: GridMix<unknown>,
  inspect: (value: unknown, options?: object) => string,
): string {
  const rows = [
    `images: ${inspect(images, { maxArrayLength: 3 })}`,
    `partner: ${inspect(partner)}`,
    `lambda: ${inspect(lambda)}`,
  ]
  return `{\n${rows.map((row) => `  ${row.replaceAll('\n', '\n  ')}`).join(',\n')}\n}`
}

inspectWith(TensorMix.prototype, showMix)

/** The mix of a batch by a plan, with the partners given or drawn. */
export function mixOf(
  plan: PackedPlan,
  partner: unknown,
  dimensions: Dimensions,
  threads: number,
): Mix {
  const { count } = dimensions
  const partners = partner === undefined ? drawPartner(plan) : checkPartner(partner, count)
  return new Mix(plan, partners, dimensions, threads)
}

function drawPartner(plan: PackedPlan): Int32Array {
  const partner = allocating('`partner`', () => new Int32Array(plan.length))
  expectDone(native.drawPartner(packCount(plan.length), plan.bytes, partner))
  return partner
}

function lambdaOf(
  plan: PackedPlan,
  partner: Int32Array,
  dimensions: Dimensions,
  threads: number,
): Float64Array {
  const lambda = newLambda(partner.length)
  if (isEmpty(dimensions)) return lambda.fill(1)
  const { count, height, width } = dimensions
  const header = packHeader({ count, height, width, threads })
  expectDone(native.countPlan(header, plan.bytes, lambda))
  const pixels = height * width
  for (let i = 0; i < lambda.length; i++) {
    lambda[i] = partner[i] === i ? 1 : (lambda[i] as number) / pixels
  }
  return lambda
}

export function mixOperation(layout: BatchLayout, mix: Mix): BatchOperation {
  const { samples } = mix.plan
  const rest = [mix.plan.bytes, mix.partner] as const
  return {
    description: { doing: 'mixing', done: 'mixed' },
    afterFailure: ', and cannot be restored from what it holds',
    cpu: (source, target, execution) => {
      const header = packHeader(layout, execution)
      return native.mix(header, source, target, ...rest, mix.lambdaToCount())
    },
    cpuAsync: (source, target, execution) => {
      const header = packHeader(layout, execution)
      return native.mixAsync(header, source, target, ...rest, mix.lambdaToCount())
    },
    cudaHost: (source, target, execution, async) => {
      // Everything that can fail is done before anything is written.
      void mix.lambda
      const header = packHeader(layout, execution)
      return native.cuda.mixHost(header, source, target, ...rest, async)
    },
    cuda: (source, target) =>
      native.cuda.mix(packBatch(layout, samples, {}), source, target, ...rest),
    expect: expectSmall,
  }
}

function expectSmall(outcome: CudaOutcome): void {
  if (outcome !== TOO_LARGE) return
  throw new GridMaskError(
    'ERR_OUT_OF_RANGE',
    'Expected rows below 2 GiB and samples below 4 GiB (64 GiB if rows begin at multiples of ' +
      '16 bytes) for mixing on CUDA',
  )
}
