/** From a checked request to the native call. */
import { bytesPerValue, type ImageArray } from './arrays'
import { runAuto, runAutoAsync } from './auto'
import { type CudaDevice, type CudaOutcome, chunkBytes, expectCuda } from './cuda'
import { encodeFill, type Fill } from './fill'
import { expectDone, native } from './native'
import type { PackedPlan } from './plan'
import type { Arrays, Dimensions } from './request'

/** Where batches of host arrays are masked. */
export interface Place {
  device: 'auto' | 'cpu' | CudaDevice
  threads: number
}

/** What native code is told of a batch beside its images. */
export function batchArguments(
  samples: PackedPlan,
  { dtype }: Pick<Arrays, 'dtype'>,
  { count, channels, height, width, channelsLast }: Dimensions,
  fill: Uint8Array,
) {
  const size = bytesPerValue[dtype]
  return [
    samples.bytes,
    fill,
    count,
    channelsLast ? 1 : channels,
    height,
    width,
    channelsLast ? channels * size : size,
    size,
  ] as const
}

/** Whether there is anything to mask: no samples, channels or pixels is no error. */
export function isEmpty({ count, channels, height, width }: Dimensions): boolean {
  return count === 0 || channels === 0 || height === 0 || width === 0
}

export type Work = [
  source: ImageArray,
  target: ImageArray,
  samples: PackedPlan,
  arrays: Arrays,
  dimensions: Dimensions,
  fill: Uint8Array,
  place: Place,
]

/** What has changed where a GPU gave up half way. */
function changed(source: ImageArray, target: ImageArray): string {
  return source === target
    ? '. `images` has been masked in part; masking it again with the same plan completes it'
    : '. `out`, where there is one, has been written in part'
}

export function run(...[source, target, samples, arrays, dimensions, fill, place]: Work): void {
  const { device, threads } = place
  const batch = batchArguments(samples, arrays, dimensions, fill)
  const cpu = () => expectDone(native.apply(source, target, ...batch, threads))
  const cuda = ({ number, id }: CudaDevice) =>
    expectCuda(
      native.cuda.applyHost(
        number,
        source,
        target,
        ...batch,
        chunkBytes(),
        threads,
        false,
      ) as CudaOutcome,
      `masking a batch on ${id}`,
      changed(source, target),
    )
  if (device === 'cpu') cpu()
  else if (device === 'auto') runAuto(byteLength(arrays), source === target, cpu, cuda)
  else cuda(device)
}

export async function runAsync(
  ...[source, target, samples, arrays, dimensions, fill, place]: Work
): Promise<void> {
  const { device, threads } = place
  const batch = batchArguments(samples, arrays, dimensions, fill)
  const cpu = async () => expectDone(await native.applyAsync(source, target, ...batch, threads))
  const cuda = async ({ number, id }: CudaDevice) =>
    expectCuda(
      await native.cuda.applyHost(number, source, target, ...batch, chunkBytes(), threads, true),
      `masking a batch on ${id}`,
      changed(source, target),
    )
  if (device === 'cpu') await cpu()
  else if (device === 'auto') await runAutoAsync(byteLength(arrays), source === target, cpu, cuda)
  else await cuda(device)
}

function byteLength({ length, dtype }: Arrays): number {
  return length * bytesPerValue[dtype]
}

export { encodeFill, type Fill }
