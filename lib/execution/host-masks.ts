/** From a checked request to the native call. */

import type { Arrays, Dimensions } from '../arrays/batch-shape'
import type { ImageArray } from '../arrays/typed-array'
import { runAuto, runAutoAsync } from '../backend/auto'
import { type CudaDevice, chunkBytes, expectCuda } from '../backend/cuda'
import { expectDone, native } from '../backend/native'
import { type BatchLayout, packHeader, sampleKinds } from '../core/batch-header'
import { bytesPerValue } from '../core/dtype'
import type { CudaOutcome, EncodedFill, NativeSamples } from '../core/native-interface'
import { encodeFill, type Fill, isUniformFill } from '../plan/fill'

/** Where batches of host arrays are masked. */
export interface Place {
  device: 'auto' | 'cpu' | CudaDevice
  threads: number
}

/** What is done with a batch of arrays, and where. */
export interface Masking {
  samples: NativeSamples
  arrays: Arrays
  dimensions: Dimensions
  fill: EncodedFill
  place: Place
}

/** How a batch lies in memory. */
export function layoutOf(
  { dtype }: Pick<Arrays, 'dtype'>,
  { count, channels, height, width, channelsLast }: Dimensions,
): BatchLayout {
  const valueBytes = bytesPerValue[dtype]
  const [planes, pixelBytes] = channelsLast ? [1, channels * valueBytes] : [channels, valueBytes]
  return { count, planes, height, width, pixelBytes, valueBytes }
}

/** The header of a call that masks. */
export function maskHeader(
  layout: BatchLayout,
  { kind, first }: NativeSamples,
  threads = 0,
  device = 0,
  pieceBytes = 0,
): Float64Array {
  const sampleKind = sampleKinds.indexOf(kind)
  return packHeader(layout, { sampleKind, first, threads, device, pieceBytes })
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

export function run(source: ImageArray, target: ImageArray, masking: Masking): void {
  const { arrays, place } = masking
  if (place.device === 'cpu') runCpu(source, target, masking)
  else if (place.device !== 'auto') runCuda(source, target, masking, place.device)
  else {
    const cpu = () => runCpu(source, target, masking)
    const cuda = (chosen: CudaDevice) => runCuda(source, target, masking, chosen)
    runAuto(byteLength(arrays), source === target, cpu, cuda)
  }
}

/** Throws at once if the work is refused. */
export function runAsync(source: ImageArray, target: ImageArray, masking: Masking): Promise<void> {
  const { arrays, place } = masking
  if (place.device === 'cpu') return runCpuAsync(source, target, masking)
  if (place.device !== 'auto') return runCudaAsync(source, target, masking, place.device)
  const cpu = () => runCpuAsync(source, target, masking)
  const cuda = (chosen: CudaDevice) => runCudaAsync(source, target, masking, chosen)
  return runAutoAsync(byteLength(arrays), source === target, cpu, cuda)
}

function byteLength({ length, dtype }: Arrays): number {
  return length * bytesPerValue[dtype]
}

function runCpu(
  source: ImageArray,
  target: ImageArray,
  { samples, arrays, dimensions, fill, place }: Masking,
): void {
  const header = maskHeader(layoutOf(arrays, dimensions), samples, place.threads)
  expectDone(native.apply(header, source, target, samples.data, samples.indices, fill))
}

function runCpuAsync(
  source: ImageArray,
  target: ImageArray,
  { samples, arrays, dimensions, fill, place }: Masking,
): Promise<void> {
  const header = maskHeader(layoutOf(arrays, dimensions), samples, place.threads)
  const started = native.applyAsync(header, source, target, samples.data, samples.indices, fill)
  if (typeof started === 'number') expectDone(started)
  return Promise.resolve(started).then((status) => expectDone(status))
}

function runCuda(
  source: ImageArray,
  target: ImageArray,
  masking: Masking,
  device: CudaDevice,
): void {
  const outcome = startCuda(source, target, masking, device, false)
  expectCudaDone(outcome as CudaOutcome, source === target, device)
}

function runCudaAsync(
  source: ImageArray,
  target: ImageArray,
  masking: Masking,
  device: CudaDevice,
): Promise<void> {
  const inPlace = source === target
  const started = startCuda(source, target, masking, device, true)
  if (typeof started === 'number') expectCudaDone(started, inPlace, device)
  return Promise.resolve(started).then((outcome) => expectCudaDone(outcome, inPlace, device))
}

function startCuda(
  source: ImageArray,
  target: ImageArray,
  { samples, arrays, dimensions, fill, place }: Masking,
  { number }: CudaDevice,
  async: boolean,
): CudaOutcome | Promise<CudaOutcome> {
  const layout = layoutOf(arrays, dimensions)
  const header = maskHeader(layout, samples, place.threads, number, chunkBytes())
  const { data, indices } = samples
  return native.cuda.applyHost(header, source, target, data, indices, fill, async)
}

function expectCudaDone(outcome: CudaOutcome, inPlace: boolean, { id }: CudaDevice): void {
  const changed = inPlace
    ? '. `images` has been masked in part; masking it again with the same plan completes it'
    : '. `out`, where there is one, has been written in part'
  expectCuda(outcome, `masking a batch on ${id}`, changed)
}
