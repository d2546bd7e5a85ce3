/** Makes batches from decoded images on the CPU. */

import { checkSources } from '../arrays/image-sources'
import { takeOut } from '../arrays/take-arrays'
import { takeSources } from '../arrays/take-sources'
import {
  arrayTag,
  checkAttached,
  checkTypeOfOut,
  checkWritable,
  type ImageArray,
  lengthOf,
  overlaps,
  type Tag,
} from '../arrays/typed-array'
import { allocate } from '../backend/allocate'
import { defaultThreads } from '../backend/devices'
import { expectDone, native } from '../backend/native'
import { bytesPerValue } from '../core/dtype'
import { GridMaskError } from '../core/errors'
import { OVERLAP } from '../core/native-interface'
import { execute, executeAsync, isEmpty } from './operation'
import { argumentsOf, noiseOf, overlapping, type Preprocessing } from './preprocess-arguments'

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
 * `out`, or new memory. Checks all arrays, as the last step, because getters of the caller may have
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
  checkTypeOfOut(out, dtype)
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

function expectApart(status: number): void {
  // Two SharedArrayBuffer objects can stand for the same memory; only their addresses show it.
  if (status === OVERLAP) throw overlapping()
  expectDone(status)
}
