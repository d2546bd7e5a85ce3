/** Makes batches from decoded images on a device, from host arrays and from tensors. */

import { shapeOf } from '../arrays/batch-shape'
import { checkSources, type SourceArray, type Sources } from '../arrays/image-sources'
import { takeSources } from '../arrays/take-sources'
import { type CudaDevice, chunkBytes, expectCuda, isMemory } from '../backend/cuda'
import { checkDevice } from '../backend/devices'
import { native } from '../backend/native'
import { invalid } from '../core/check'
import { GridMaskError } from '../core/errors'
import { type CudaOutcome, DONE, OVERLAP } from '../core/native-interface'
import { byteLength, DeviceTensor } from './device-tensor'
import { type Execution, isEmpty, nowhere } from './operation'
import { argumentsOf, noiseOf, overlapping, type Preprocessing } from './preprocess-arguments'
import { agrees, type TensorRequest } from './tensor-batch'

/** The sizes of the images in a tensor. Refuses a request that contradicts them. */
export function tensorSources(images: DeviceTensor, given: Partial<TensorRequest>): Sources {
  agrees('shape', given.shape, images, given)
  agrees('layout', given.layout, images, given)
  if (images.dtype !== 'uint8' && images.dtype !== 'float32') {
    throw new GridMaskError(
      'ERR_INVALID_ARG_TYPE',
      'Expected `images` to be a tensor of uint8 or float32, values of 0…255, but received one of ' +
        images.dtype,
    )
  }
  const { count, height, width, channels, channelsLast } = DeviceTensor.dimensions(images)
  return {
    nameOf: () => 'images',
    arrays: [],
    count,
    sizes: [{ height, width, channels }],
    planar: !channelsLast,
  }
}

/** Where to work: on a tensor's device; otherwise where the request, the Preprocessor, or `out` says. */
export function deviceFor(
  images: unknown,
  { device, out }: { device?: unknown; out?: unknown },
  own: 'auto' | 'cpu' | CudaDevice,
): 'cpu' | CudaDevice {
  const named = device === undefined ? own : device === 'auto' ? 'auto' : checkDevice(device)
  if (DeviceTensor.is(images)) {
    const there = DeviceTensor.deviceOf(images)
    const agreeing = named === 'auto' || (named !== 'cpu' && named.number === there.number)
    if (device === undefined || agreeing) return there
    const expected = `that of the tensor, '${there.id}', or left out`
    invalid('ERR_INVALID_ARG_VALUE', 'device', expected, device)
  }
  if (named !== 'auto') return named
  return DeviceTensor.is(out) ? DeviceTensor.deviceOf(out) : 'cpu'
}

/**
 * Returns when the work is on the stream of the result and images on the host have been read; those in
 * pinned memory are then still being read.
 */
export function preprocessOnDevice(preprocessing: Preprocessing): DeviceTensor {
  const { sources, tensor, dimensions } = preprocessing
  const out = targetOf(preprocessing)
  if (tensor !== undefined) return startFrom(tensor, preprocessing, out)
  const result = out ?? made(preprocessing)
  if (isEmpty(dimensions)) return result
  const target = DeviceTensor.memory(result)
  const execution = staged(preprocessing)
  const outcome = native.cuda.preprocessHost(
    ...argumentsOf(sources.arrays, target, preprocessing, execution),
  )
  finish(outcome, preprocessing, result)
  layNoise(preprocessing, result)
  return result
}

/** Throws at once if the work is refused. */
export function preprocessOnDeviceAsync(
  preprocessing: Preprocessing,
): [result: DeviceTensor, done: Promise<void>] {
  const { sources, tensor, dimensions } = preprocessing
  const out = targetOf(preprocessing)
  if (tensor !== undefined) {
    const result = startFrom(tensor, preprocessing, out)
    return [result, completed(preprocessing, result)]
  }
  const result = out ?? made(preprocessing)
  if (isEmpty(dimensions)) return [result, Promise.resolve()]
  const [taken] = takeSources(sources.arrays, () => undefined)
  const done = async () => {
    try {
      await upload(taken, preprocessing, result)
      await completed(preprocessing, result)
    } catch (error) {
      // So that the caller can go on. For a list, every image would have to be returned.
      if (error instanceof GridMaskError && taken.length === 1)
        error.array = taken[0] as SourceArray
      throw error
    }
  }
  return [result, done()]
}

async function completed(preprocessing: Preprocessing, result: DeviceTensor): Promise<void> {
  const outcome = await DeviceTensor.completion(result)
  if (typeof outcome === 'object') outcome.wrote = true
  finish(outcome, preprocessing, result)
}

/** Puts the work on the stream. Without `out`, the same native call makes the result. */
function startFrom(
  tensor: DeviceTensor,
  preprocessing: Preprocessing,
  out: DeviceTensor | undefined,
): DeviceTensor {
  const { dimensions, dtype } = preprocessing
  if (isEmpty(dimensions)) return out ?? tensor.beside(dtype, dimensions)
  const source = DeviceTensor.memory(tensor)
  const target = out === undefined ? DeviceTensor.givenStream(tensor) : DeviceTensor.memory(out)
  const where = tensor.dtype === 'float32' ? ofFloats : ofBytes
  const outcome = native.cuda.preprocess(
    ...argumentsOf(source, target, preprocessing, nowhere, where),
  )
  const result = isMemory(outcome) ? tensor.beside(dtype, dimensions, outcome) : out
  if (!isMemory(outcome)) finish(outcome, preprocessing, out)
  layNoise(preprocessing, result as DeviceTensor)
  return result as DeviceTensor
}

const ofFloats = { floatSource: 1 } as const
const ofBytes = { floatSource: 0 } as const

/** Uploads images on other threads, then puts the work on the stream. */
async function upload(
  taken: readonly SourceArray[],
  preprocessing: Preprocessing,
  result: DeviceTensor,
): Promise<void> {
  const memory = await native.cuda.uploadImages(
    ...argumentsOf(taken, DeviceTensor.memory(result), preprocessing, staged(preprocessing)),
  )
  const there = { cutSource: 1, floatSource: taken[0] instanceof Float32Array ? 1 : 0 }
  if (!isMemory(memory)) {
    finish(memory, preprocessing, result)
    return
  }
  try {
    const target = DeviceTensor.memory(result)
    const outcome = native.cuda.preprocess(
      ...argumentsOf(memory, target, preprocessing, nowhere, there),
    )
    finish(outcome as CudaOutcome, preprocessing, result)
    layNoise(preprocessing, result)
  } finally {
    native.cuda.dispose(memory)
  }
}

function layNoise(preprocessing: Preprocessing, result: DeviceTensor): void {
  const noise = noiseOf(preprocessing)
  if (noise === undefined) return
  const memory = DeviceTensor.memory(result)
  finish(noise.cuda(memory, memory) as CudaOutcome, preprocessing, result)
}

function made({ device, dtype, dimensions }: Preprocessing): DeviceTensor {
  return DeviceTensor.make(device as CudaDevice, dtype, dimensions)
}

/** `out`, if there is one. Checks all memory, as the last step, since the caller's code may have run. */
function targetOf({
  sources,
  tensor,
  dimensions,
  dtype,
  out,
  device,
}: Preprocessing): DeviceTensor | undefined {
  if (tensor === undefined) checkSources(sources)
  else DeviceTensor.memory(tensor, 'images')
  if (out === undefined) return undefined
  if (!DeviceTensor.is(out)) {
    const expected = `a DeviceTensor, since the result is made on '${(device as CudaDevice).id}'`
    invalid('ERR_INVALID_ARG_TYPE', 'out', expected, out)
  }
  DeviceTensor.memory(out, 'out')
  const expected = {
    device: (device as CudaDevice).id,
    dtype,
    layout: dimensions.channelsLast ? 'NHWC' : 'NCHW',
    shape: shapeOf(dimensions),
  }
  for (const key of ['device', 'dtype', 'layout', 'shape'] as const) {
    if (String(out[key]) === String(expected[key])) continue
    throw new GridMaskError(
      key === 'shape' || key === 'layout' ? 'ERR_SHAPE_MISMATCH' : 'ERR_INVALID_ARG_VALUE',
      `Expected \`out\` to have ${key} ${expected[key]} like the result, but received ${out[key]}`,
    )
  }
  return out
}

function staged({ device, threads }: Preprocessing): Execution {
  return { device: (device as CudaDevice).number, pieceBytes: chunkBytes(), threads }
}

/** Throws unless the work has been done or begun. `result`: `out`, or a new tensor that nobody has seen. */
function finish(
  outcome: CudaOutcome,
  { device, dtype, dimensions, out }: Preprocessing,
  result: DeviceTensor | undefined,
): void {
  if (outcome === DONE) return
  if (out === undefined && result !== undefined) DeviceTensor.discard(result)
  if (outcome === OVERLAP) throw overlapping()
  const after =
    out === undefined ? '' : '. The content of `out` is now undefined: it may be partly written'
  const into = out === undefined ? ` into a new one of ${byteLength(dimensions, dtype)} bytes` : ''
  expectCuda(outcome, `preprocessing a batch on ${(device as CudaDevice).id}${into}`, after)
}
