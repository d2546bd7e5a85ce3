// What CUDA makes of a batch against the CPU backend and the authors' masks, bit for bit.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { DType, ImageArray } from '../../lib/index'
import { driverPath, expectSame, loadLibrary, onGpu, root, scrambled } from './support'

// Chunks smaller than most batches: samples, bands of rows and single planes are all staged.
const library = loadLibrary({ GRIDMASK_CUDA_CHUNK: onGpu ? '5000' : '1000' })
const { applyPlan, DeviceTensor, GridMask, Plan } = library
if (!onGpu) require(driverPath).configure({ delay: 5 })

const runs = 150

const arrays: Record<DType, new (buffer: ArrayBuffer, at: number, length: number) => ImageArray> = {
  float32: Float32Array,
  uint8: Uint8Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
}

const batches = fc.record({
  count: fc.integer({ min: 1, max: 4 }),
  channels: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(17, 40)),
  height: fc.integer({ min: 1, max: 40 }),
  width: fc.integer({ min: 1, max: 70 }),
  layout: fc.constantFrom('NCHW' as const, 'NHWC' as const),
  dtype: fc.constantFrom('float32' as const, 'uint8' as const, 'float16' as const),
  offset: fc.integer({ min: 0, max: 5 }),
  ratio: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
  unit: fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 3000 })),
  rotate: fc.constantFrom(0, 91, 360),
  reverse: fc.boolean(),
  unitProbability: fc.constantFrom(1, 0.5, 0),
  probability: fc.constantFrom(1, 0.6),
  perChannel: fc.boolean(),
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
})

type Case = typeof batches extends fc.Arbitrary<infer T> ? T : never

function prepare(given: Case) {
  const { count, channels, height, width, layout, dtype, offset, seed, unit, perChannel } = given
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
    fill: perChannel ? Array.from({ length: channels }, (_, i) => (i * 37) % 251) : 7,
  }
  const cpu = new GridMask({ ...options, device: 'cpu' })
  const cuda = new GridMask({ ...options, device: 'cuda' })
  const request = { shape, layout, dtype }
  const expected = cpu.apply(images(), { ...request, index: 3 })
  return { images, cuda, request, expected }
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
          { numRuns: runs },
        ),
      600_000,
    )

  property('host array to a new one', ({ images, cuda, request, expected }) => {
    const source = images()
    expectSame(cuda.apply(source, { ...request, index: 3 }), expected)
    expectSame(source, images())
  })

  property('host array in place', ({ images, cuda, request, expected }) => {
    const out = images()
    cuda.apply(out, { ...request, index: 3, out })
    expectSame(out, expected)
  })

  property('host array, asynchronously', async ({ images, cuda, request, expected }) => {
    expectSame(await cuda.applyAsync(images(), { ...request, index: 3 }), expected)
  })

  property('tensor to a new one', ({ images, cuda, request, expected }) => {
    const source = DeviceTensor.from(images(), request)
    const result = cuda.apply(source, { index: 3 })
    expectSame(result.download(), expected)
    expectSame(source.download(), images())
    source.dispose()
    result.dispose()
  })

  property('tensor in place, asynchronously', async ({ images, cuda, request, expected }) => {
    const tensor = DeviceTensor.from(images(), request)
    expect(await cuda.applyAsync(tensor, { index: 3, out: tensor })).toBe(tensor)
    expectSame(await tensor.downloadAsync(), expected)
    tensor.dispose()
  })

  property('tensors over any address', ({ images, cuda, request, expected }) => {
    const { dtype, layout, shape } = request
    const size = dtype === 'uint8' ? 1 : dtype === 'float32' ? 4 : 2
    const length = shape.reduce((a, b) => a * b)
    const rows = Math.ceil((length * size + 16) / 1024)
    const memory = () =>
      DeviceTensor.from(new Uint8Array(rows * 1024), { shape: [1, 1, rows, 1024] })
    // Batches that begin in the middle of an allocation.
    const [from, to] = [memory(), memory()]
    const wrap = ({ pointer, stream }: typeof from, values: number) =>
      DeviceTensor.wrap({
        pointer: pointer + BigInt(values * size),
        ...{ shape, dtype, layout, stream },
      })
    const source = wrap(from, 1)
    const target = wrap(to, 3)
    const whole = DeviceTensor.from(images(), request)
    cuda.apply(whole, { index: 3, out: source })
    cuda.apply(source, { index: 3, out: target })
    expectSame(target.download(), expected)
    for (const tensor of [from, to, whole]) tensor.dispose()
  })
})

interface Golden {
  height: number
  width: number
  d: number
  ratio: number
  deltaX: number
  deltaY: number
  angle: number
  mode: number
  keep: string
}

test("the authors' masks", () => {
  const packed = readFileSync(join(root, 'test/golden/authors-masks.json.gz'))
  const cases = JSON.parse(gunzipSync(packed).toString()) as Golden[]
  expect(cases.length).toBe(400)
  for (const { height, width, keep, mode, d, ratio, deltaX, deltaY, angle } of cases) {
    const bits = Buffer.from(keep, 'base64')
    const expected = Uint8Array.from(
      { length: height * width },
      (_, i) => ((bits[i >> 3] as number) >> (7 - (i & 7))) & 1,
    )
    const ones = new Uint8Array(height * width).fill(1)
    const plan = Plan.from([{ d, ratio, deltaX, deltaY, angle, reverse: mode === 0 }])
    const shape = [1, 1, height, width] as const
    expectSame(applyPlan(ones, plan, { shape, device: 'cuda' }), expected)
  }
}, 600_000)

test('empty batches', async () => {
  const gridmask = new GridMask({ ratio: 0.5, unit: 4, device: 'cuda' })
  for (const shape of [
    [0, 3, 8, 8],
    [2, 0, 8, 8],
    [2, 3, 0, 8],
    [2, 3, 8, 0],
  ] as const) {
    const images = new Float32Array(0)
    expect(gridmask.apply(images, { shape }).length).toBe(0)
    using tensor = DeviceTensor.from(images, { shape })
    using result = gridmask.apply(tensor)
    expect(result.download().length).toBe(0)
    expect((await gridmask.applyAsync(tensor, { out: tensor })).pointer).toBe(0n)
    expect((await tensor.downloadAsync()).length).toBe(0)
  }
})

test('an image of the largest side', () => {
  const images = scrambled(new Uint8Array(2 * 16384), 5)
  const options = { ratio: 0.4, unit: [1, 9000], rotate: 360, seed: 8 } as const
  for (const shape of [
    [1, 1, 2, 16384],
    [1, 1, 16384, 2],
  ] as const) {
    const cuda = new GridMask({ ...options, device: 'cuda' })
    const cpu = new GridMask({ ...options, device: 'cpu' })
    expectSame(cuda.apply(images, { shape }), cpu.apply(images, { shape }))
  }
})
