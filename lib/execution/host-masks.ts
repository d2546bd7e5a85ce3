/** From a checked request to the native call. */

import type { Arrays, Dimensions } from '../arrays/batch-shape'
import type { ImageArray } from '../arrays/typed-array'
import { runAuto, runAutoAsync } from '../backend/auto'
import { type CudaDevice, chunkBytes, expectCuda } from '../backend/cuda'
import { expectDone, native } from '../backend/native'
import { bytesPerValue } from '../core/dtype'
import type {
  BatchArguments,
  CudaOutcome,
  EncodedFill,
  HostArguments,
  SampleArguments,
} from '../core/native-interface'
import { encodeFill, type Fill, isUniformFill } from '../plan/fill'

/** Where batches of host arrays are masked. */
export interface Place {
  device: 'auto' | 'cpu' | CudaDevice
  threads: number
}

export type Work = [
  source: ImageArray,
  target: ImageArray,
  samples: SampleArguments,
  arrays: Arrays,
  dimensions: Dimensions,
  fill: EncodedFill,
  place: Place,
]

/** What native code is told of a batch beside its images. */
export function batchArguments(
  samples: SampleArguments,
  { dtype }: Pick<Arrays, 'dtype'>,
  { count, channels, height, width, channelsLast }: Dimensions,
  fill: EncodedFill,
): BatchArguments {
  const size = bytesPerValue[dtype]
  return [
    ...samples,
    fill,
    count,
    channelsLast ? 1 : channels,
    height,
    width,
    channelsLast ? channels * size : size,
    size,
  ]
}

/** Whether there is anything to mask: no samples, channels or pixels is no error. */
export function isEmpty({ count, channels, height, width }: Dimensions): boolean {
  return count === 0 || channels === 0 || height === 0 || width === 0
}

/** The fill of a batch. Where there is nothing to mask, any number of channels needs no memory. */
export function fillOf(
  fill: Fill,
  { dtype }: Pick<Arrays, 'dtype'>,
  dimensions: Dimensions,
): EncodedFill {
  const { channels, height, width } = dimensions
  const few = isUniformFill(fill) && isEmpty(dimensions)
  return encodeFill(fill, dtype, few ? Math.min(channels, 1) : channels, height * width)
}

export function run(...work: Work): void {
  const [source, target, , arrays, , , { device }] = work
  if (device === 'cpu') runCpu(work)
  else if (device !== 'auto') runCuda(work, device)
  else {
    const cuda = (chosen: CudaDevice) => runCuda(work, chosen)
    runAuto(byteLength(arrays), source === target, () => runCpu(work), cuda)
  }
}

/** Throws at once if the work is refused. */
export function runAsync(...work: Work): Promise<void> {
  const [source, target, , arrays, , , { device }] = work
  if (device === 'cpu') return runCpuAsync(work)
  if (device !== 'auto') return runCudaAsync(work, device)
  const cuda = (chosen: CudaDevice) => runCudaAsync(work, chosen)
  return runAutoAsync(byteLength(arrays), source === target, () => runCpuAsync(work), cuda)
}

function byteLength({ length, dtype }: Arrays): number {
  return length * bytesPerValue[dtype]
}

function runCpu([source, target, samples, arrays, dimensions, fill, place]: Work): void {
  const batch = batchArguments(samples, arrays, dimensions, fill)
  expectDone(native.apply(source, target, ...batch, place.threads))
}

function runCpuAsync([source, target, samples, arrays, dimensions, fill, place]: Work) {
  const batch = batchArguments(samples, arrays, dimensions, fill)
  const started = native.applyAsync(source, target, ...batch, place.threads)
  if (typeof started === 'number') expectDone(started)
  return Promise.resolve(started).then((status) => expectDone(status))
}

function runCuda(work: Work, device: CudaDevice): void {
  const outcome = native.cuda.applyHost(...hostArguments(work, device), false)
  expectCudaDone(outcome as CudaOutcome, work, device)
}

function runCudaAsync(work: Work, device: CudaDevice): Promise<void> {
  const started = native.cuda.applyHost(...hostArguments(work, device), true)
  if (typeof started === 'number') expectCudaDone(started, work, device)
  return Promise.resolve(started).then((outcome) => expectCudaDone(outcome, work, device))
}

function hostArguments(
  [source, target, samples, arrays, dimensions, fill, { threads }]: Work,
  { number }: CudaDevice,
): HostArguments {
  const batch = batchArguments(samples, arrays, dimensions, fill)
  return [number, source, target, ...batch, chunkBytes(), threads]
}

function expectCudaDone(outcome: CudaOutcome, [source, target]: Work, { id }: CudaDevice): void {
  const changed =
    source === target
      ? '. `images` has been masked in part; masking it again with the same plan completes it'
      : '. `out`, where there is one, has been written in part'
  expectCuda(outcome, `masking a batch on ${id}`, changed)
}
