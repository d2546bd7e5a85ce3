/** From a checked request to the native call. */
import { bytesPerValue, type ImageArray } from './arrays'
import { encodeFill, type Fill } from './fill'
import { expectDone, native, type SampleArguments } from './native'
import type { Arrays, Dimensions } from './request'

function argumentsOf(
  source: ImageArray,
  target: ImageArray,
  samples: SampleArguments,
  { dtype }: Arrays,
  { count, channels, height, width, channelsLast }: Dimensions,
  fill: Uint8Array,
  threads: number,
): Parameters<typeof native.apply> {
  const size = bytesPerValue[dtype]
  return [
    source,
    target,
    ...samples,
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

/** Throws at once if the work is refused. */
export function runAsync(...work: Work): Promise<void> {
  const started = native.applyAsync(...argumentsOf(...work))
  if (typeof started === 'number') expectDone(started)
  return Promise.resolve(started).then(expectDone)
}

/** The fill of a batch. Where there is nothing to mask, any number of channels needs no memory. */
export function fillOf(fill: Fill, { dtype }: Arrays, dimensions: Dimensions): Uint8Array {
  const { channels } = dimensions
  const few = typeof fill === 'number' && isEmpty(dimensions)
  return encodeFill(fill, dtype, few ? Math.min(channels, 1) : channels)
}
