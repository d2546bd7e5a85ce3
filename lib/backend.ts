/** From a checked request to the native call. */
import { bytesPerValue, type ImageArray } from './arrays'
import { encodeFill, type Fill } from './fill'
import { expectDone, native } from './native'
import type { PackedPlan } from './plan'
import type { Arrays, Dimensions } from './request'

function argumentsOf(
  source: ImageArray,
  target: ImageArray,
  samples: PackedPlan,
  { dtype }: Arrays,
  { count, channels, height, width, channelsLast }: Dimensions,
  fill: Uint8Array,
  threads: number,
): Parameters<typeof native.apply> {
  const size = bytesPerValue[dtype]
  return [
    source,
    target,
    samples.bytes,
    fill,
    count,
    channelsLast ? 1 : channels,
    height,
    width,
    channelsLast ? channels * size : size,
    size,
    threads,
  ]
}

/** Whether there is anything to mask: no samples, channels or pixels is no error. */
export function isEmpty({ count, channels, height, width }: Dimensions): boolean {
  return count === 0 || channels === 0 || height === 0 || width === 0
}

export type Work = Parameters<typeof argumentsOf>

export function run(...work: Work): void {
  expectDone(native.apply(...argumentsOf(...work)))
}

export async function runAsync(...work: Work): Promise<void> {
  expectDone(await native.applyAsync(...argumentsOf(...work)))
}

export { encodeFill, type Fill }
