/** A batch to be made from images, checked, and its encoding for native code. */

import type { Dimensions } from '../arrays/batch-shape'
import type { Sources } from '../arrays/image-sources'
import type { CudaDevice } from '../backend/cuda'
import { type ImageFields, packBatch, SampleKind } from '../core/batch-header'
import { type DType, dtypes } from '../core/dtype'
import { GridMaskError } from '../core/errors'
import {
  type EncodedFill,
  type NativeSamples,
  type PreprocessArguments,
  SCALE_FIELDS,
  SIZE_FIELDS,
} from '../core/native-interface'
import type { Scale } from '../plan/normalization'
import type { DeviceTensor } from './device-tensor'
import { maskOperation } from './mask-batch'
import { type BatchOperation, type Execution, layoutOf } from './operation'

/**
 * The images' crops, and the result's masks, if there are any: a plan's, or the settings to draw them from,
 * which a later batch overwrites. So they are asked for when native code is called.
 */
export interface PreprocessSamples extends Pick<NativeSamples, 'first' | 'indices'> {
  crops: () => Int32Array | Float64Array
  masks: (() => NativeSamples) | undefined
}

/** How to make a batch from images. Everything but the arrays has been checked. */
export interface Preprocessing {
  sources: Sources
  /** The images, if they lie on a device; `sources` then only says their sizes. */
  tensor: DeviceTensor | undefined
  padding: number
  samples: PreprocessSamples
  /** For each channel of the result: the image's channel that it is made from, and its scale. */
  scales: Float32Array
  /** Of the result. */
  dimensions: Dimensions
  dtype: DType
  fill: EncodedFill
  out: unknown
  device: 'cpu' | CudaDevice
  threads: number
}

export function overlapping(): GridMaskError {
  return new GridMaskError(
    'ERR_OVERLAP',
    'Expected `out` to be separate from the images, but the two overlap',
  )
}

/** The image's channel and the scale of each of the result's, as native code takes them. */
export function packScales(channels: readonly number[], scales: readonly Scale[]): Float32Array {
  const packed = new Float32Array(scales.length * SCALE_FIELDS.length)
  scales.forEach((scale, k) => {
    packed.set([channels[k] as number, ...scale], k * SCALE_FIELDS.length)
  })
  return packed
}

/** The arguments of the native call. */
export function argumentsOf<Images, Target>(
  images: Images,
  target: Target,
  { sources, padding, samples, scales, dimensions, dtype, fill }: Preprocessing,
  execution: Execution,
  where: Pick<ImageFields, 'floatSource' | 'cutSource'> = {},
): PreprocessArguments<Images, Target> {
  const sizes = new Int32Array(sources.sizes.length * SIZE_FIELDS.length)
  let at = 0
  for (const { height, width, channels } of sources.sizes) {
    sizes[at++] = height
    sizes[at++] = width
    sizes[at++] = channels
  }
  const layout = layoutOf(dtype, dimensions)
  // Noise is written over the result afterwards; until then, dropped pixels are 0.
  const constant =
    fill instanceof Float32Array ? new Uint8Array(layout.planes * layout.pixelBytes) : fill
  const { first, indices } = samples
  const crops = samples.crops()
  const masks = samples.masks?.()
  const header = packBatch(
    layout,
    { sampleKind: masks?.sampleKind ?? SampleKind.plan, first },
    execution,
    {
      valueType: dtypes.indexOf(dtype),
      planarSource: sources.planar ? 1 : 0,
      padding,
      ...where,
    },
  )
  return [header, images, target, sizes, crops, scales, masks?.data, indices, constant]
}

/** The operation that writes noise over a batch, if the fill is noise. */
export function noiseOf({
  fill,
  samples,
  dimensions,
  dtype,
}: Preprocessing): BatchOperation | undefined {
  if (!(fill instanceof Float32Array) || samples.masks === undefined) return undefined
  return maskOperation(layoutOf(dtype, dimensions), samples.masks(), fill)
}
