/** Masking as a {@link BatchOperation}. */

import type { Dimensions } from '../arrays/batch-shape'
import { native } from '../backend/native'
import { type BatchLayout, packHeader } from '../core/batch-header'
import type { DType } from '../core/dtype'
import type { EncodedFill, NativeSamples } from '../core/native-interface'
import { encodeFill, type Fill, isUniformFill } from '../plan/fill'
import { type BatchOperation, isEmpty } from './operation'

export function maskOperation(
  layout: BatchLayout,
  samples: NativeSamples,
  fill: EncodedFill,
  backend = native,
): BatchOperation {
  const header = (execution = {}) => packHeader(layout, samples, execution)
  const rest = [samples.data, samples.indices, fill] as const
  const leavesChannels =
    fill instanceof Uint8Array && fill.length > layout.planes * layout.pixelBytes
  return {
    description: { doing: 'masking', done: 'masked' },
    ...(leavesChannels ? { cpuOnly: 'a `fill` of null, for channels that stay' } : {}),
    afterFailure: '; masking it again with the same plan completes it',
    cpu: (source, target, execution) => backend.apply(header(execution), source, target, ...rest),
    cpuAsync: (source, target, execution) =>
      backend.applyAsync(header(execution), source, target, ...rest),
    cudaHost: (source, target, execution, async) =>
      backend.cuda.applyHost(header(execution), source, target, ...rest, async),
    cuda: (source, target) => backend.cuda.apply(header(), source, target, ...rest),
  }
}

/** The fill of a batch. Where there is nothing to mask, any number of channels needs no memory. */
export function fillOf(fill: Fill, dtype: DType, dimensions: Dimensions): EncodedFill {
  const { channels, height, width } = dimensions
  const few = isUniformFill(fill) && isEmpty(dimensions)
  return encodeFill(fill, dtype, few ? Math.min(channels, 1) : channels, height * width)
}
