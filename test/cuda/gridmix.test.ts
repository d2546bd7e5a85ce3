// What CUDA makes of a mixed batch against the CPU backend, bit for bit.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { DType, ImageArray } from '../../lib/index'
import { permutations } from '../gridmix/support'
import { driverPath, expectSame, loadLibrary, onGpu, onTestDriver, scrambled } from './support'

const library = loadLibrary({ GRIDMASK_CUDA_CHUNK: onGpu ? '5000' : '1000' })
const { DeviceTensor, GridMask, gridmix } = library
if (!onGpu) require(driverPath).configure({ delay: 5 })

const arrays: Record<DType, new (buffer: ArrayBuffer, at: number, length: number) => ImageArray> = {
  float32: Float32Array,
  uint8: Uint8Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
}

const batches = fc.integer({ min: 1, max: 5 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    partner: permutations(count),
    channels: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(17, 40)),
    height: fc.integer({ min: 1, max: 24 }),
    // Rows of every alignment, those of 16 bytes among them.
    width: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom(4, 16, 32, 48)),
    layout: fc.constantFrom('NCHW' as const, 'NHWC' as const),
    dtype: fc.constantFrom('float32' as const, 'uint8' as const, 'float16' as const),
    offset: fc.integer({ min: 0, max: 5 }),
    ratio: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
    unit: fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3000 })),
    rotate: fc.constantFrom(0, 91, 360),
    reverse: fc.boolean(),
    unitProbability: fc.constantFrom(1, 0.5, 0),
    probability: fc.constantFrom(1, 0.6),
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
  }),
)
type Case = typeof batches extends fc.Arbitrary<infer T> ? T : never

function prepare(given: Case) {
  const { count, channels, height, width, layout, dtype, offset, seed, unit, partner } = given
  const shape =
    layout === 'NCHW'
      ? ([count, channels, height, width] as const)
      : ([count, height, width, channels] as const)
  const length = count * channels * height * width
  const View = arrays[dtype]
  const size = dtype === 'uint8' ? 1 : dtype === 'float32' ? 4 : 2
  const images = () =>
    scrambled(new View(new ArrayBuffer((length + offset) * size), offset * size, length), seed + 1)
  const { ratio, rotate, reverse, unitProbability, probability } = given
  const options = {
    ...{ ratio, rotate, reverse, unitProbability, probability, seed },
    unit: [unit[0], unit[0] + unit[1]] as const,
  }
  const cpu = new GridMask({ ...options, device: 'cpu' })
  const cuda = new GridMask({ ...options, device: 'cuda' })
  const request = { shape, layout, dtype }
  const mix = { index: 3, partner }
  const expected = cpu.gridmix(images(), { ...request, ...mix })
  return { images, cuda, request, mix, expected, size, length }
}

describe('random batches equal the CPU backend', () => {
  const property = (name: string, check: (given: ReturnType<typeof prepare>) => unknown) =>
    test(
      name,
      () =>
        fc.assert(
          fc.asyncProperty(batches, async (given) => {
            await check(prepare(given))
          }),
          { numRuns: onGpu ? 60 : 120 },
        ),
      600_000,
    )

  property('host array to a new one', ({ images, cuda, request, mix, expected }) => {
    const source = images()
    const made = cuda.gridmix(source, { ...request, ...mix })
    expectSame(made.images, expected.images)
    expect(made.lambda).toEqual(expected.lambda)
    expectSame(source, images())
  })

  property('host array in place', ({ images, cuda, request, mix, expected }) => {
    const out = images()
    cuda.gridmix(out, { ...request, ...mix, out })
    expectSame(out, expected.images)
  })

  property('host array, asynchronously', async ({ images, cuda, request, mix, expected }) => {
    const made = await cuda.gridmixAsync(images(), { ...request, ...mix })
    expectSame(made.images, expected.images)
    expect(made.lambda).toEqual(expected.lambda)
  })

  property('tensor to a new one', ({ images, cuda, request, mix, expected }) => {
    using source = DeviceTensor.from(images(), request)
    const made = cuda.gridmix(source, mix)
    using result = made.images
    expectSame(result.download(), expected.images)
    expectSame(source.download(), images())
    expect(made.partner).toEqual(expected.partner)
    expect(made.lambda).toEqual(expected.lambda)
  })

  property('tensor in place, asynchronously', async ({ images, cuda, request, mix, expected }) => {
    using tensor = DeviceTensor.from(images(), request)
    const made = await cuda.gridmixAsync(tensor, { ...mix, out: tensor })
    expect(made.images).toBe(tensor)
    expectSame(await tensor.downloadAsync(), expected.images)
  })

  property('tensors over any address', (given) => {
    const { images, cuda, request, mix, expected, size, length } = given
    const { dtype, layout, shape } = request
    const rows = Math.ceil((length * size + 16) / 1024)
    const memory = () =>
      DeviceTensor.from(new Uint8Array(rows * 1024), { shape: [1, 1, rows, 1024] })
    // Batches that begin in the middle of an allocation.
    using from = memory()
    using to = memory()
    const wrap = ({ pointer, stream }: typeof from, values: number) =>
      DeviceTensor.wrap({
        pointer: pointer + BigInt(values * size),
        ...{ shape, dtype, layout, stream },
      })
    const source = wrap(from, 1)
    const target = wrap(to, 3)
    using whole = DeviceTensor.from(images(), request)
    const nobody = Array.from(mix.partner, (_, i) => i)
    cuda.gridmix(whole, { ...mix, partner: nobody, out: source })
    cuda.gridmix(source, { ...mix, out: target })
    expectSame(target.download(), expected.images)
    cuda.gridmix(source, { ...mix, out: source })
    expectSame(source.download(), expected.images)
  })
})

const shape = [4, 3, 20, 24] as const
const length = 4 * 3 * 20 * 24
const newImages = () => scrambled(new Float32Array(length), 4)

test('the function mixes tensors and arrays as the method does', () => {
  const gridmask = new GridMask({ ratio: 0.5, unit: 8, rotate: 360, seed: 1, device: 'cpu' })
  const plan = gridmask.plan({ count: 4, index: 7 })
  const expected = gridmask.gridmix(newImages(), { shape, index: 7 })
  const onHost = gridmix(newImages(), { shape, plan, device: 'cuda' })
  expect(onHost).toEqual(expected)
  using tensor = DeviceTensor.from(newImages(), { shape })
  const made = gridmix(tensor, { plan })
  using result = made.images
  expectSame(result.download(), expected.images)
  expect([made.partner, made.lambda]).toEqual([expected.partner, expected.lambda])
  expect(() => gridmix(tensor, { plan, device: 'cpu' } as never)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
  )
})

test('tensors: what is refused, and that they overlap in part', () => {
  const gridmask = new GridMask({ ratio: 0.5, unit: 8, seed: 1 })
  using tensor = DeviceTensor.from(newImages(), { shape })
  const refused = (call: () => unknown, code: string) =>
    expect(call).toThrow(expect.objectContaining({ code }))
  refused(() => gridmask.gridmix(tensor, { partner: [0, 1, 2] }), 'ERR_SHAPE_MISMATCH')
  refused(() => gridmask.gridmix(tensor, { partner: [0, 1, 2, 2] }), 'ERR_INVALID_ARG_VALUE')
  refused(() => gridmask.gridmix(tensor, { out: newImages() } as never), 'ERR_INVALID_ARG_TYPE')
  const half = [2, 3, 20, 24] as const
  const { stream } = tensor
  const wrap = (pointer: bigint) =>
    DeviceTensor.wrap({ pointer, shape: half, dtype: 'float32', stream })
  const [low, high] = [wrap(tensor.pointer), wrap(tensor.pointer + 64n)]
  refused(() => gridmask.gridmix(low, { out: high }), 'ERR_OVERLAP')
  expectSame(tensor.download(), newImages())
  const gone = DeviceTensor.from(newImages(), { shape })
  gone.dispose()
  refused(() => gridmask.gridmix(gone), 'ERR_DISPOSED')
})

test('empty batches', async () => {
  const gridmask = new GridMask({ ratio: 0.5, unit: 4, device: 'cuda' })
  for (const empty of [
    [0, 3, 8, 8],
    [2, 0, 8, 8],
    [2, 3, 0, 8],
    [2, 3, 8, 0],
  ] as const) {
    const images = new Float32Array(0)
    expect(gridmask.gridmix(images, { shape: empty }).images.length).toBe(0)
    using tensor = DeviceTensor.from(images, { shape: empty })
    using result = gridmask.gridmix(tensor).images
    expect(result.download().length).toBe(0)
    const made = await gridmask.gridmixAsync(tensor, { out: tensor })
    expect([made.images.pointer, made.lambda.length]).toEqual([0n, empty[0]])
  }
})

onTestDriver('nothing of the above did what a driver need not forgive', () => {
  expect(require(driverPath).violations()).toEqual([])
})
