// Batches of every kind of image, crop, type and layout, with the right results.
import fc from 'fast-check'
import type * as Library from '../../lib/index'
import type { FloatType, Layout } from '../../lib/index'
import { sampleParams } from '../support'
import { expectedBits, type Picture, roundedBits } from './support'

const fraction = fc.double({ min: 0, max: 1, noNaN: true })

export const batches = fc.record({
  dtype: fc.constantFrom<FloatType>('float32', 'float16', 'bfloat16'),
  layout: fc.constantFrom<Layout>('NCHW', 'NHWC'),
  source: fc.constantFrom('bytes', 'clamped', 'floats'),
  // One array for all images, or a list.
  together: fc.boolean(),
  planar: fc.boolean(),
  channels: fc.integer({ min: 1, max: 6 }),
  picked: fc.option(fc.array(fc.nat(5), { minLength: 1, maxLength: 5 }), { nil: undefined }),
  // Narrower and wider than a block of every instruction set.
  size: fc.tuple(
    fc.integer({ min: 1, max: 12 }),
    fc.oneof(fc.integer({ min: 1, max: 90 }), fc.constantFrom(8, 16, 32, 64)),
  ),
  padding: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 })),
  offset: fc.integer({ min: 0, max: 7 }),
  fill: fc.integer({ min: -3, max: 3 }),
  scales: fc.array(
    fc.record({
      mean: fc.double({ min: -1, max: 1, noNaN: true }),
      std: fc.double({ min: 0.01, max: 1, noNaN: true }),
    }),
    { minLength: 6, maxLength: 6 },
  ),
  threads: fc.constantFrom(1, 2),
  images: fc.array(
    fc.record({
      larger: fc.tuple(fc.nat(5), fc.nat(40)),
      place: fc.tuple(fraction, fraction),
      flip: fc.boolean(),
      seed: fc.nat(),
      mask: fc.option(sampleParams, { nil: {} }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
})

function valuesOf(length: number, source: string, seed: number, offset: number) {
  const Values =
    source === 'floats' ? Float32Array : source === 'clamped' ? Uint8ClampedArray : Uint8Array
  const values = new Values(length + offset).subarray(offset)
  for (let i = 0; i < length; i++) {
    const word = Math.imul(i + seed, 2654435761) >>> 16
    values[i] = source === 'floats' ? word / 128 - 100 : word & 255
  }
  return values
}

function joined(pictures: readonly Picture[]): Picture['values'] {
  const [first] = pictures as [Picture]
  const Values = first.values.constructor as Uint8ArrayConstructor
  const all = new Values(first.values.length * pictures.length)
  pictures.forEach(({ values }, i) => {
    all.set(values, i * values.length)
  })
  return all
}

type Given = typeof batches extends fc.Arbitrary<infer T> ? T : never

/** The images, the request, and the result's bits. */
export function batchOf(
  { PreprocessorPlan }: Pick<typeof Library, 'PreprocessorPlan'>,
  { images, together, size, padding, channels, ...of }: Given,
) {
  const [height, width] = size
  const { dtype, layout, source, scales, threads } = of
  const planar = together && of.planar
  const picked = of.picked?.map((channel) => channel % channels)
  const result = picked ?? Array.from({ length: channels }, (_, channel) => channel)
  const pictures = images.map(({ larger, seed }): Picture => {
    const [first] = images as [(typeof images)[0]]
    const [rows, columns] = together ? first.larger : larger
    const [h, w] = [height + rows, width + columns].map((side) => Math.max(side - 2 * padding, 0))
    const [pictureHeight, pictureWidth] = [h as number, w as number]
    const length = pictureHeight * pictureWidth * channels
    const values = valuesOf(length, source, seed, of.offset)
    return { height: pictureHeight, width: pictureWidth, channels, values, planar }
  })
  const plan = PreprocessorPlan.from(
    images.map(({ place: [y, x], flip, mask }, i) => ({
      top: Math.round(y * ((pictures[i] as Picture).height + 2 * padding - height)),
      left: Math.round(x * ((pictures[i] as Picture).width + 2 * padding - width)),
      flip,
      ...mask,
    })),
  )
  const [mean, std] = (['mean', 'std'] as const).map((key) =>
    scales.slice(0, result.length).map((scale) => scale[key]),
  ) as [number[], number[]]
  const normalize = { mean, std }
  const options = {
    ...{ size, padding, normalize, dtype, layout, threads },
    gridmask: { ratio: 0.5, unit: 8, fill: of.fill },
    ...(picked === undefined ? {} : { channels: picked }),
  }
  const [{ height: h, width: w }] = pictures as [Picture]
  const n = pictures.length
  const fill = result.map(() => roundedBits(of.fill, dtype))
  const settings = { size, padding, channels: result, normalize, dtype, layout, fill }
  return {
    options,
    together,
    /** One array, or a list. */
    images: together
      ? joined(pictures)
      : pictures.map(({ values, ...rest }) => ({ data: values, ...rest })),
    request: together
      ? {
          shape: planar ? [n, channels, h, w] : [n, h, w, channels],
          layout: planar ? ('NCHW' as const) : ('NHWC' as const),
          plan,
        }
      : { plan },
    expected: expectedBits(pictures, [...plan], settings),
  }
}
