/** Mixing as a {@link BatchOperation}: partners, lambda, and the native calls. */

import type { Dimensions } from '../arrays/batch-shape'
import { expectDone, native } from '../backend/native'
import { type BatchLayout, packBatch, packCount, packHeader } from '../core/batch-header'
import { GridMaskError } from '../core/errors'
import { inspectWith } from '../core/inspection'
import { allocating } from '../core/memory'
import {
  type CudaMemory,
  type CudaOutcome,
  type CudaTarget,
  type NativeSamples,
  TOO_LARGE,
} from '../core/native-interface'
import { checkPartner } from '../plan/mix-partners'
import { DeviceTensor } from './device-tensor'
import { type BatchOperation, type Execution, isEmpty, nowhere } from './operation'
import type { GridMix } from './requests'

const description = { doing: 'mixing', done: 'mixed' } as const

/** How a batch is mixed; the same for arrays and tensors. */
export class Mix {
  #lambda: Float64Array | undefined

  /**
   * @param samples those of the batch, whenever it is called
   * @param threads how many count the pixels of {@link Mix.lambda}
   */
  constructor(
    readonly samples: () => NativeSamples,
    readonly partner: Int32Array,
    private readonly dimensions: Dimensions,
    private readonly threads: number,
  ) {}

  /** The fraction of each sample that stays its own, counted on first access. */
  get lambda(): Float64Array {
    this.#lambda ??= this.#count()
    return this.#lambda
  }

  /** An array for a native call that counts lambda as it mixes, which costs less than to count it apart. */
  lambdaToCount(): Float64Array {
    this.#lambda = newLambda(this.partner.length).fill(1)
    return this.#lambda
  }

  #count(): Float64Array {
    const { dimensions, partner, threads } = this
    const lambda = newLambda(partner.length)
    if (isEmpty(dimensions)) return lambda.fill(1)
    const { count, height, width } = dimensions
    const samples = this.samples()
    const header = packHeader({ count, height, width, threads }, samples)
    expectDone(native.countSamples(header, samples.data, samples.indices, lambda))
    const pixels = height * width
    for (let i = 0; i < lambda.length; i++) {
      lambda[i] = partner[i] === i ? 1 : (lambda[i] as number) / pixels
    }
    return lambda
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

/** The mix of a batch, with the partners given or drawn. */
export function mixOf(
  samples: () => NativeSamples,
  partner: unknown,
  dimensions: Dimensions,
  threads: number,
): Mix {
  const { count } = dimensions
  const partners =
    partner === undefined ? drawPartner(samples(), count) : checkPartner(partner, count)
  return new Mix(samples, partners, dimensions, threads)
}

function drawPartner(samples: NativeSamples, count: number): Int32Array {
  const partner = allocating('`partner`', () => new Int32Array(count))
  const header = packCount(count, samples)
  expectDone(native.drawPartner(header, samples.data, samples.indices, partner))
  return partner
}

/** A class, since making closures for each batch takes as long as launching it. */
class MixOperation implements BatchOperation {
  constructor(
    private readonly layout: BatchLayout,
    private readonly mix: Mix,
  ) {}

  get description(): BatchOperation['description'] {
    return description
  }

  get afterFailure(): string {
    return ', and cannot be restored from what it holds'
  }

  cpu(source: ArrayBufferView, target: ArrayBufferView, execution: Execution): number {
    return native.mix(...this.arguments(source, target, execution), this.mix.lambdaToCount())
  }

  cpuAsync(source: ArrayBufferView, target: ArrayBufferView, execution: Execution) {
    return native.mixAsync(...this.arguments(source, target, execution), this.mix.lambdaToCount())
  }

  cudaHost(source: ArrayBufferView, target: ArrayBufferView, execution: Execution, async: boolean) {
    // Everything that can fail is done before anything is written.
    void this.mix.lambda
    return native.cuda.mixHost(...this.arguments(source, target, execution), async)
  }

  cuda(source: CudaMemory, target: CudaTarget): CudaMemory | CudaOutcome {
    return native.cuda.mix(...this.arguments(source, target, nowhere))
  }

  /** Those that all of these have. */
  private arguments<Source, Target>(source: Source, target: Target, execution: Execution) {
    const samples = this.mix.samples()
    const header = packBatch(this.layout, samples, execution)
    const { data, indices } = samples
    return [header, source, target, data, indices, this.mix.partner] as const
  }

  expect(outcome: CudaOutcome): void {
    if (outcome !== TOO_LARGE) return
    throw new GridMaskError(
      'ERR_OUT_OF_RANGE',
      'Expected rows below 2 GiB and samples below 4 GiB (64 GiB if rows begin at multiples of ' +
        '16 bytes) for mixing on CUDA',
    )
  }
}

export function mixOperation(layout: BatchLayout, mix: Mix): BatchOperation {
  return new MixOperation(layout, mix)
}
