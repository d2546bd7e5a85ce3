/** Random batches with noise for a fill, and what the definition makes of them. */
import fc from 'fast-check'
import { NoiseField, noiseBits, noiseValue } from '../../lib/fallback/noise'
import { keepsPixel } from '../../lib/fallback/reference'
import type { ImageArray, Layout, NoiseFill, SampleParams } from '../../lib/index'
import { Plan } from '../../lib/index'
import { type Batch, bytesOf, type Kind, kinds, sampleParams } from '../support'

export interface Case extends Omit<Batch, 'count'> {
  kind: Kind
  plan: SampleParams[]
  fill: NoiseFill
  /** Elements before the view in its buffer. */
  offset: number
}

const side = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 200 }) },
)

export const cases: fc.Arbitrary<Case> = fc
  .record({
    kind: fc.constantFrom(...kinds),
    plan: fc.array(sampleParams, { minLength: 1, maxLength: 3 }),
    channels: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(17, 33)),
    height: side,
    width: side,
    offset: fc.nat(5),
    noise: fc.constantFrom('uniform' as const, 'normal' as const),
    shared: fc.constantFrom(true, false, undefined),
    perChannel: fc.boolean(),
    from: fc.double({ min: 0, max: 1, noNaN: true }),
    spread: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .filter(({ channels, height, width, plan }) => channels * height * width * plan.length < 4e4)
  .map(({ noise, shared, perChannel, from, spread, ...rest }) => {
    const { kind, channels } = rest
    // Bytes need numbers in their range; the others get some that round, and some that are tiny.
    const bytes = kind.dtype === 'uint8'
    const scale = bytes ? 200 : from < 0.3 ? 1e-6 : 1000
    const list = (value: (k: number) => number) =>
      perChannel ? Array.from({ length: channels }, (_, k) => value(k)) : value(0)
    const first = list((k) => (bytes ? from * (50 + k) : (from - 0.7) * scale + k))
    const second = (k: number) => (typeof first === 'number' ? first : (first[k] as number))
    const sharing = shared === undefined ? {} : { shared }
    const fill: NoiseFill =
      noise === 'uniform'
        ? {
            ...{ noise, low: first, ...sharing },
            high: list((k) => Math.min(second(k) + spread * scale, bytes ? 255 : 1e4)),
          }
        : { noise, mean: first, std: list((k) => (spread * scale) / (k + 1)), ...sharing }
    return { ...rest, fill }
  })

/** Any bits at all: NaN payloads, infinities and denormals among them. */
export function imagesOf(given: Case): ReturnType<Kind['make']> {
  const { kind, plan, channels, height, width, offset } = given
  const images = kind.make(plan.length * channels * height * width + offset).subarray(offset)
  bytesOf(images).forEach((_, i, bytes) => {
    bytes[i] = (i * 197 + (i >> 8) * 31 + 11) & 0xff
  })
  return images
}

/** Pixel by pixel: a kept one keeps its bits, a dropped one becomes its number as the dtype has it. */
export function noisyByDefinition(
  images: ImageArray,
  layout: Layout,
  { kind, plan, channels, height, width, fill }: Case,
): Uint8Array {
  const bytes = bytesOf(images).slice()
  const size = images.BYTES_PER_ELEMENT
  const view = new DataView(bytes.buffer)
  const [first, second] = fill.noise === 'uniform' ? [fill.low, fill.high] : [fill.mean, fill.std]
  const of = (numbers: number | readonly number[], channel: number) =>
    Math.fround(typeof numbers === 'number' ? numbers : (numbers[channel] as number))
  for (const [n, sample] of [...Plan.from(plan)].entries()) {
    const keeps = keepsPixel(sample, [height, width])
    for (let channel = 0; channel < channels; channel++) {
      const field = fill.shared === false ? channel : 0
      const numbers = new NoiseField(fill.noise, sample, field, height * width)
      for (let pixel = 0; pixel < height * width; pixel++) {
        if (keeps(pixel % width, Math.floor(pixel / width))) continue
        const [a, b] = [of(first, channel), of(second, channel)]
        const bits = noiseBits(noiseValue(fill.noise, numbers.at(pixel), a, b), kind.dtype)
        const at =
          layout === 'NCHW'
            ? (n * channels + channel) * height * width + pixel
            : (n * height * width + pixel) * channels + channel
        if (size === 4) view.setUint32(at * 4, bits, true)
        else if (size === 2) view.setUint16(at * 2, bits, true)
        else view.setUint8(at, bits)
      }
    }
  }
  return bytes
}
