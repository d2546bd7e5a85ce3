// Mixed batches on CUDA against the CPU backend, bit for bit.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { GridMix, DeviceTensor as Tensor } from '../../lib/index'
import { permutations } from '../gridmix/support'
import { emptyShapes } from '../oracle'
import { describeEveryWay } from './every-way'
import { anyBatch, batchOf, expectSame, onDriver, onGpu, scrambled } from './support'

const suite = onDriver({
  batches: fc.integer({ min: 1, max: 5 }).chain((count) =>
    fc.record({
      ...anyBatch,
      count: fc.constant(count),
      partner: permutations(count),
      height: fc.integer({ min: 1, max: 24 }),
      // Rows of every alignment, those of 16 bytes among them.
      width: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom(4, 16, 32, 48)),
      unit: fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3000 })),
    }),
  ),
  prepare(using, { partner, ...given }) {
    const { images, cpu, cuda, request } = batchOf(using, given)
    const mix = { index: 3, partner }
    const made = cpu.gridmix(images(), { ...request, ...mix })
    return { images, cuda, request, mix, made, expected: made.images }
  },
  runs: onGpu ? 60 : 120,
})
const { DeviceTensor, GridMask, gridmix } = suite.library

/** The images, once partners and lambda have been compared. */
function imagesOf<T>(found: GridMix<T>, { partner, lambda }: GridMix<unknown>): T {
  expect([found.partner, found.lambda]).toEqual([partner, lambda])
  return found.images
}

describeEveryWay(suite, {
  run: ({ cuda, mix, made }, images, request) =>
    imagesOf(cuda.gridmix(images as Tensor, { ...request, ...mix }), made),
  runAsync: async ({ cuda, mix, made }, images, request) =>
    imagesOf(await cuda.gridmixAsync(images as Tensor, { ...request, ...mix }), made),
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

// Whole vectors of pixels of every size that has a kernel of its own: one sample more than a thread
// has, more than a warp's, and more than one block may have.
test.each([
  [9, 3, 64, 80],
  [65, 2, 12, 64],
  [150, 1, 36, 48],
  [260, 3, 8, 16],
])('%i samples in place, %i channels of %i×%i', (count, channels, height, width) => {
  const gridmask = new GridMask({ ratio: 0.4, unit: [3, 50], rotate: 360, seed: 5 })
  for (const [layout, of, interleaved, dtype] of [
    ['NCHW', Uint8Array],
    ['NCHW', Uint16Array, 0, 'float16'],
    ['NCHW', Float32Array],
    ['NHWC', Uint8Array, 3],
    ['NHWC', Uint8Array, 4],
    ['NHWC', Float32Array, 3],
  ] as const) {
    const shape = interleaved
      ? ([count, height, width, interleaved] as const)
      : ([count, channels, height, width] as const)
    const request = { shape, layout, ...(dtype && { dtype }) }
    const images = scrambled(new of(shape.reduce((a, b) => a * b)), 3)
    using tensor = DeviceTensor.from(images, request)
    gridmask.gridmix(tensor, { index: 2, out: tensor })
    const expected = gridmask.gridmix(images, { ...request, index: 2 }).images
    expectSame(tensor.download(), expected)
  }
})

test('tensors: what is refused, including partial overlap', () => {
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

test("a tensor's result has all that it says, and a copy of it too", () => {
  const gridmask = new GridMask({ ratio: 0.5, unit: 8, seed: 1 })
  using tensor = DeviceTensor.from(newImages(), { shape })
  const made = gridmask.gridmix(tensor, { index: 0, out: tensor })
  const { partner, lambda } = gridmask.gridmix(newImages(), { shape, index: 0 })
  expect({ ...made }).toEqual({ images: tensor, partner, lambda })
  expect(made.lambda).toBe(made.lambda)
  expect(JSON.parse(JSON.stringify({ ...made, images: 0 }))).toHaveProperty('lambda')
})

test('empty batches', async () => {
  const gridmask = new GridMask({ ratio: 0.5, unit: 4, device: 'cuda' })
  for (const empty of emptyShapes) {
    const images = new Float32Array(0)
    expect(gridmask.gridmix(images, { shape: empty }).images.length).toBe(0)
    using tensor = DeviceTensor.from(images, { shape: empty })
    using result = gridmask.gridmix(tensor).images
    expect(result.download().length).toBe(0)
    const made = await gridmask.gridmixAsync(tensor, { out: tensor })
    expect([made.images.pointer, made.lambda.length]).toEqual([0n, empty[0]])
  }
})
