/** A batch to be made from images, checked, and its encoding for native code. */

import type { Dimensions } from '../arrays/batch-shape'
import type { Sources } from '../arrays/image-sources'
import type { CudaDevice } from '../backend/cuda'
import { type BatchHeader, packHeader } from '../core/batch-header'
import { type DType, dtypes } from '../core/dtype'
import { GridMaskError } from '../core/errors'
import {
  type EncodedFill,
  IMAGE_FIELDS,
  type PreprocessArguments,
  SCALE_FIELDS,
} from '../core/native-interface'
import { CROP_WORDS } from '../plan/crop'
import type { Scale } from '../plan/normalization'
import type { PackedPlan } from '../plan/plan'
import type { DeviceTensor } from './device-tensor'
import { maskOperation } from './mask-batch'
import { type BatchOperation, layoutOf } from './operation'

/** How to make a batch from images. Everything but the arrays has been checked. */
export interface Preprocessing {
  sources: Sources
  /** The images, if they lie on a device; `sources` then only says their sizes. */
  tensor: DeviceTensor | undefined
  padding: number
  /** The images' crops, and the result's masks, if there are any. */
  plan: { crops: Int32Array; masks: PackedPlan | undefined }
  /** For each channel of the result: the image's channel that it is made from, and its scale. */
  channels: readonly number[]
  scales: readonly Scale[]
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

/** The arguments of the native call. */
export function argumentsOf<Images, Target>(
  images: Images,
  target: Target,
  { sources, padding, plan, channels, scales, dimensions, dtype, fill }: Preprocessing,
  execution: Partial<BatchHeader>,
): PreprocessArguments<Images, Target> {
  const packedImages = new Int32Array(sources.sizes.length * IMAGE_FIELDS.length)
  sources.sizes.forEach((size, i) => {
    const at = i * IMAGE_FIELDS.length
    const crop = i * CROP_WORDS
    packedImages[at] = size.height
    packedImages[at + 1] = size.width
    packedImages[at + 2] = size.channels
    packedImages[at + 3] = (plan.crops[crop] as number) - padding
    packedImages[at + 4] = (plan.crops[crop + 1] as number) - padding
    packedImages[at + 5] = plan.crops[crop + 2] as number
  })
  const packedScales = new Float32Array(scales.length * SCALE_FIELDS.length)
  scales.forEach((scale, k) => {
    packedScales.set([channels[k] as number, ...scale], k * SCALE_FIELDS.length)
  })
  const layout = layoutOf(dtype, dimensions)
  // Noise is written over the result afterwards; until then, dropped pixels are 0.
  const constant =
    fill instanceof Float32Array ? new Uint8Array(layout.planes * layout.pixelBytes) : fill
  const kind = { valueType: dtypes.indexOf(dtype), planarSource: sources.planar ? 1 : 0 }
  const header = packHeader(layout, kind, execution)
  return [header, images, target, packedImages, packedScales, plan.masks?.bytes, constant]
}

/** The operation that writes noise over a batch, if the fill is noise. */
export function noiseOf({
  fill,
  plan,
  dimensions,
  dtype,
}: Preprocessing): BatchOperation | undefined {
  if (!(fill instanceof Float32Array) || plan.masks === undefined) return undefined
  return maskOperation(layoutOf(dtype, dimensions), plan.masks.samples, fill)
}
