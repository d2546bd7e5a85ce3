/** From checked images, crops and masks to the native calls. */

import type { Dimensions } from '../arrays/batch-shape'
import { checkSources, type SourceArray, type Sources } from '../arrays/image-sources'
import { takeArrays } from '../arrays/take-arrays'
import { takeSources } from '../arrays/take-sources'
import {
  arrayTag,
  checkAttached,
  type ImageArray,
  lengthOf,
  overlaps,
  resolveDType,
  type Tag,
} from '../arrays/typed-array'
import { checkDevice } from '../backend/devices'
import { expectDone, native } from '../backend/native'
import { packHeader } from '../core/batch-header'
import { type DType, dtypes } from '../core/dtype'
import { GridMaskError } from '../core/errors'
import {
  type EncodedFill,
  IMAGE_FIELDS,
  OVERLAP,
  type PreprocessArguments,
  SCALE_FIELDS,
} from '../core/native-interface'
import { CROP_WORDS } from '../plan/crop'
import type { Scale } from '../plan/normalization'
import type { PackedPlan } from '../plan/plan'
import { isEmpty, layoutOf, type Masking, run, runAsync } from './host-masks'
import { targetOf } from './target'

/** What is made of a batch of images; all but the arrays has been checked. */
export interface Preprocessing {
  sources: Sources
  padding: number
  /** The images' crops, and masks for the result where there are any. */
  plan: { crops: Int32Array; masks: PackedPlan | undefined }
  /** Which channel of an image each of the result's is made of, and how. */
  channels: readonly number[]
  scales: readonly Scale[]
  /** Of the result. */
  dimensions: Dimensions
  dtype: DType
  fill: EncodedFill
  out: unknown
  threads: number
}

/** Checks a `device`: there are no kernels for this yet. */
export function checkPreprocessDevice(value: unknown): void {
  if (typeof value === 'string' && value.startsWith('cuda')) {
    throw new GridMaskError(
      'ERR_CUDA_UNAVAILABLE',
      `Preprocessor works on the CPU, but \`device\` is '${value}'. DeviceTensor.from() brings what ` +
        'it makes to the device',
    )
  }
  checkDevice(value)
}

export function preprocess(preprocessing: Preprocessing): ImageArray {
  const target = targetOf(preprocessing.out, checkMemory(preprocessing))
  if (isEmpty(preprocessing.dimensions)) return target
  expectApart(
    native.preprocess(...argumentsOf(preprocessing.sources.arrays, target, preprocessing)),
  )
  const noise = noiseOf(target, preprocessing)
  if (noise !== undefined) run(target, target, noise)
  return target
}

/** Throws at once if the work is refused. */
export function preprocessAsync(preprocessing: Preprocessing): Promise<ImageArray> {
  const arrays = checkMemory(preprocessing)
  const { sources, out, dimensions } = preprocessing
  const [taken, target] = takeSources(sources.arrays, () =>
    out === undefined
      ? targetOf(undefined, arrays)
      : takeArrays(arrays.tag, out as ImageArray, out as ImageArray)[1],
  )
  if (isEmpty(dimensions)) return Promise.resolve(target)
  const started = native.preprocessAsync(...argumentsOf(taken, target, preprocessing))
  if (typeof started === 'number') expectApart(started)
  return Promise.resolve(started).then(async (status) => {
    expectApart(status)
    const noise = noiseOf(target, preprocessing)
    if (noise !== undefined) await runAsync(target, target, noise)
    return target
  })
}

/**
 * Looks at the arrays, last of all, since getters of the caller's may have changed them. Answers what
 * the result comes in.
 */
function checkMemory({ sources, dimensions, dtype, out }: Preprocessing) {
  const { count, channels, height, width } = dimensions
  const length = count * channels * height * width
  checkSources(sources)
  if (out === undefined) {
    const tag: Tag = dtype === 'float32' ? 'Float32Array' : 'Uint16Array'
    return { tag, dtype, length }
  }
  const tag = arrayTag('out', out)
  resolveDType('out', tag, dtype)
  const target = out as ImageArray
  checkAttached('out', target)
  if (lengthOf(target) !== length) {
    throw new GridMaskError(
      'ERR_SHAPE_MISMATCH',
      `Expected \`out\` to have ${length} elements for a result of ${count} × ${channels} × ` +
        `${height} × ${width}, but received ${lengthOf(target)}`,
    )
  }
  if (sources.arrays.some((array) => overlaps(array, target))) throw overlapping()
  return { tag, dtype, length }
}

function overlapping(): GridMaskError {
  return new GridMaskError(
    'ERR_OVERLAP',
    'Expected `out` to lie apart from the images, but the two overlap',
  )
}

function expectApart(status: number): void {
  // Two SharedArrayBuffer objects can stand for the same memory; only their addresses show it.
  if (status === OVERLAP) throw overlapping()
  expectDone(status)
}

function argumentsOf(
  arrays: readonly SourceArray[],
  target: ImageArray,
  { sources, padding, plan, channels, scales, dimensions, dtype, fill, threads }: Preprocessing,
): PreprocessArguments {
  const images = new Int32Array(sources.sizes.length * IMAGE_FIELDS.length)
  sources.sizes.forEach((size, i) => {
    const at = i * IMAGE_FIELDS.length
    const crop = i * CROP_WORDS
    images[at] = size.height
    images[at + 1] = size.width
    images[at + 2] = size.channels
    images[at + 3] = (plan.crops[crop] as number) - padding
    images[at + 4] = (plan.crops[crop + 1] as number) - padding
    images[at + 5] = plan.crops[crop + 2] as number
  })
  const packedScales = new Float32Array(scales.length * SCALE_FIELDS.length)
  scales.forEach((scale, k) => {
    packedScales.set([channels[k] as number, ...scale], k * SCALE_FIELDS.length)
  })
  const layout = layoutOf({ dtype }, dimensions)
  // Noise is laid over what this makes; until then what is dropped is 0.
  const constant =
    fill instanceof Float32Array ? new Uint8Array(layout.planes * layout.pixelBytes) : fill
  const header = packHeader(layout, {
    threads,
    valueType: dtypes.indexOf(dtype),
    planarSource: sources.planar ? 1 : 0,
  })
  return [header, arrays, target, images, packedScales, plan.masks?.bytes, constant]
}

/** How to lay noise over a batch, where that is the fill. */
function noiseOf(
  target: ImageArray,
  { fill, plan, dimensions, dtype, threads }: Preprocessing,
): Masking | undefined {
  if (!(fill instanceof Float32Array) || plan.masks === undefined) return undefined
  const arrays = { tag: arrayTag('out', target), dtype, length: lengthOf(target) }
  const place = { device: 'cpu', threads } as const
  return { samples: plan.masks.samples, arrays, dimensions, fill, place }
}
