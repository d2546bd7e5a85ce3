/** Random batches with noise for a fill, and what the definition makes of them. */
import fc from 'fast-check'
import { NoiseField, noiseBits, noiseValue } from '../../lib/fallback/noise'
import { type ImageArray, type NoiseFill, Plan, type SampleParams } from '../../lib/index'
import { type Batch, type Bits, keptByLattices, lengthOf, oracle } from '../oracle'
import { formats, newArray, sampleParams, scramble } from '../support'

export interface Case extends Omit<Batch, 'count' | 'layout'> {
  kind: (typeof formats)[number]
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
    kind: fc.constantFrom(...formats),
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

export function batchOf({ kind, plan, channels, height, width }: Case): Batch {
  return { count: plan.length, channels, height, width, layout: kind.layout }
}

/** Any bits at all: NaN payloads, infinities and denormals among them. */
export function imagesOf(given: Case): ImageArray {
  return scramble(newArray(given.kind, lengthOf(batchOf(given)), given.offset))
}

/** A dropped value becomes the number of its pixel, and of its channel if channels share none. */
export function noisyByDefinition(images: ImageArray, given: Case): Bits {
  const { kind, plan, height, width, fill } = given
  const [first, second] = fill.noise === 'uniform' ? [fill.low, fill.high] : [fill.mean, fill.std]
  const of = (numbers: number | readonly number[], channel: number) =>
    Math.fround(typeof numbers === 'number' ? numbers : (numbers[channel] as number))
  const fields = Array.from(Plan.from(plan), (sample) =>
    Array.from({ length: fill.shared === false ? given.channels : 1 }, (_, field) => {
      return new NoiseField(fill.noise, sample, field, height * width)
    }),
  )
  return oracle(images, batchOf(given), keptByLattices(plan, given), (sample, channel, pixel) => {
    const field = fields[sample]?.[fill.shared === false ? channel : 0] as NoiseField
    const [a, b] = [of(first, channel), of(second, channel)]
    return noiseBits(noiseValue(fill.noise, field.at(pixel), a, b), kind.dtype)
  })
}
