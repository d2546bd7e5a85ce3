/** Masking as a {@link BatchOperation}. */

import type { Dimensions } from '../arrays/batch-shape'
import { native } from '../backend/native'
import { type BatchLayout, packBatch } from '../core/batch-header'
import type { DType } from '../core/dtype'
import type {
  CudaMemory,
  CudaOutcome,
  CudaTarget,
  EncodedFill,
  NativeSamples,
} from '../core/native-interface'
import { encodeFill, type Fill, isUniformFill } from '../plan/fill'
import { type BatchOperation, type Execution, isEmpty, nowhere } from './operation'

const description = { doing: 'masking', done: 'masked' } as const

/** A class, since making closures for each batch takes as long as launching it. */
class MaskOperation implements BatchOperation {
  constructor(
    private readonly layout: BatchLayout,
    private readonly samples: NativeSamples,
    private readonly fill: EncodedFill,
    private readonly backend: typeof native,
  ) {}

  get description(): BatchOperation['description'] {
    return description
  }

  get afterFailure(): string {
    return '; masking it again with the same plan completes it'
  }

  cpu(source: ArrayBufferView, target: ArrayBufferView, execution: Execution): number {
    const { backend, samples, fill } = this
    const header = this.header(execution)
    return backend.apply(header, source, target, samples.data, samples.indices, fill)
  }

  cpuAsync(source: ArrayBufferView, target: ArrayBufferView, execution: Execution) {
    const { backend, samples, fill } = this
    const header = this.header(execution)
    return backend.applyAsync(header, source, target, samples.data, samples.indices, fill)
  }

  cudaHost(source: ArrayBufferView, target: ArrayBufferView, execution: Execution, async: boolean) {
    const { backend, samples, fill } = this
    const header = this.header(execution)
    return backend.cuda.applyHost(
      header,
      source,
      target,
      samples.data,
      samples.indices,
      fill,
      async,
    )
  }

  cuda(source: CudaMemory, target: CudaTarget): CudaMemory | CudaOutcome {
    const { backend, samples, fill } = this
    return backend.cuda.apply(
      this.header(nowhere),
      source,
      target,
      samples.data,
      samples.indices,
      fill,
    )
  }

  private header(execution: Execution): Float64Array {
    return packBatch(this.layout, this.samples, execution)
  }
}

export function maskOperation(
  layout: BatchLayout,
  samples: NativeSamples,
  fill: EncodedFill,
  backend = native,
): BatchOperation {
  return new MaskOperation(layout, samples, fill, backend)
}

/** Encodes a fill again only if the batches differ; native code does not write to it. */
export class EncodedFills {
  #last: { dtype: DType; channels: number; pixels: number; fill: EncodedFill } | undefined

  constructor(private readonly fill: Fill) {}

  /** Refuses a fill for another number of channels, before there is a batch. */
  check(dtype: DType, channels: number): void {
    this.of(dtype, { count: 0, channels, height: 0, width: 0, channelsLast: false })
  }

  of(dtype: DType, dimensions: Dimensions): EncodedFill {
    const { channels, height, width } = dimensions
    const last = this.#last
    const pixels = height * width
    if (last?.dtype === dtype && last.channels === channels && last.pixels === pixels) {
      return last.fill
    }
    const fill = fillOf(this.fill, dtype, dimensions)
    // For an empty batch it may be shorter.
    if (!isEmpty(dimensions)) this.#last = { dtype, channels, pixels, fill }
    return fill
  }
}

/** The fill of a batch. If there is nothing to mask, it stays small, however many channels there are. */
export function fillOf(fill: Fill, dtype: DType, dimensions: Dimensions): EncodedFill {
  const { channels, height, width } = dimensions
  const few = isUniformFill(fill) && isEmpty(dimensions)
  return encodeFill(fill, dtype, few ? Math.min(channels, 1) : channels, height * width)
}
