/** From checked images, crops and masks to the native calls. */

import type { Dimensions } from '../arrays/batch-shape'
import { checkSources, type SourceArray, type Sources } from '../arrays/image-sources'
import { takeOut } from '../arrays/take-arrays'
import { takeSources } from '../arrays/take-sources'
import {
  arrayTag,
  checkAttached,
  checkWritable,
  type ImageArray,
  lengthOf,
  overlaps,
  resolveDType,
  type Tag,
} from '../arrays/typed-array'
import { allocate } from '../backend/allocate'
import { checkDevice, defaultThreads } from '../backend/devices'
import { expectDone, native } from '../backend/native'
import { packHeader } from '../core/batch-header'
import { bytesPerValue, type DType, dtypes } from '../core/dtype'
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
import { maskOperation } from './mask-batch'
import { type BatchOperation, execute, executeAsync, isEmpty, layoutOf } from './operation'

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
export function checkPreprocessDevice(value: unknown): 'auto' | 'cpu' {
  if (typeof value === 'string' && value.startsWith('cuda')) {
    throw new GridMaskError(
      'ERR_CUDA_UNAVAILABLE',
      `Preprocessor works on the CPU, but \`device\` is '${value}'. DeviceTensor.from() brings what ` +
        'it makes to the device',
    )
  }
  checkDevice(value)
  return value === 'cpu' ? value : 'auto'
}

export function preprocess(preprocessing: Preprocessing): ImageArray {
  const target = targetOf(preprocessing)
  const { dimensions, sources, threads } = preprocessing
  if (isEmpty(dimensions)) return target
  const operands = argumentsOf(sources.arrays, target, preprocessing, { threads })
  expectApart(native.preprocess(...operands))
  const noise = noiseOf(preprocessing)
  if (noise !== undefined) execute(noise, target, target, { device: 'cpu', threads })
  return target
}

/** Throws at once if the work is refused. */
export function preprocessAsync(
  preprocessing: Preprocessing,
): [result: ImageArray, done: Promise<void>] {
  const { sources, dimensions, out, threads } = preprocessing
  const target = targetOf(preprocessing)
  const [taken, result] = takeSources(sources.arrays, () =>
    out === undefined ? target : takeOut(arrayTag('out', out), target),
  )
  if (isEmpty(dimensions)) return [result, Promise.resolve()]
  const execution = { threads, poolThreads: defaultThreads() }
  const started = native.preprocessAsync(...argumentsOf(taken, result, preprocessing, execution))
  if (typeof started === 'number') expectApart(started)
  const finish = async (status: number) => {
    expectApart(status)
    const noise = noiseOf(preprocessing)
    if (noise !== undefined) {
      await executeAsync(noise, result, result, { device: 'cpu', threads })
    }
  }
  return [result, Promise.resolve(started).then(finish)]
}

/**
 * `out`, or new memory. Looks at all arrays, last of all, since getters of the caller's may have
 * changed them.
 */
function targetOf({ sources, dimensions, dtype, out }: Preprocessing): ImageArray {
  const { count, channels, height, width } = dimensions
  const length = count * channels * height * width
  checkSources(sources)
  if (out === undefined) {
    const tag: Tag = dtype === 'float32' ? 'Float32Array' : 'Uint16Array'
    return allocate(tag, length, length * bytesPerValue[dtype])
  }
  resolveDType('out', arrayTag('out', out), dtype)
  const target = out as ImageArray
  checkAttached('out', target)
  checkWritable('out', target)
  if (lengthOf(target) !== length) {
    throw new GridMaskError(
      'ERR_SHAPE_MISMATCH',
      `Expected \`out\` to have ${length} elements for a result of ${count} × ${channels} × ` +
        `${height} × ${width}, but received ${lengthOf(target)}`,
    )
  }
  if (sources.arrays.some((array) => overlaps(array, target))) throw overlapping()
  return target
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
  { sources, padding, plan, channels, scales, dimensions, dtype, fill }: Preprocessing,
  execution: { threads: number; poolThreads?: number },
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
  const layout = layoutOf(dtype, dimensions)
  // Noise is laid over what this makes; until then what is dropped is 0.
  const constant =
    fill instanceof Float32Array ? new Uint8Array(layout.planes * layout.pixelBytes) : fill
  const kind = { valueType: dtypes.indexOf(dtype), planarSource: sources.planar ? 1 : 0 }
  const header = packHeader(layout, kind, execution)
  return [header, arrays, target, images, packedScales, plan.masks?.bytes, constant]
}

/** What lays noise over a batch, where that is the fill. */
function noiseOf({ fill, plan, dimensions, dtype }: Preprocessing): BatchOperation | undefined {
  if (!(fill instanceof Float32Array) || plan.masks === undefined) return undefined
  return maskOperation(layoutOf(dtype, dimensions), plan.masks.samples, fill)
}
