// Noise on CUDA against the CPU backend, bit for bit: staged in chunks, on tensors, over any address.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { cases, imagesOf } from '../noise/support'
import { shapeOf } from '../support'
import { bytesOf, driverPath, expectSame, loadLibrary, onGpu } from './support'

// Chunks smaller than most batches: samples, bands of rows and single planes are all staged.
const library = loadLibrary({ GRIDMASK_CUDA_CHUNK: onGpu ? '5000' : '1000' })
const { applyPlan, DeviceTensor, GridMask } = library
if (!onGpu) require(driverPath).configure({ delay: 5 })

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never

function prepare(given: Case) {
  const { plan, fill, kind } = given
  const shape = shapeOf({ ...given, count: plan.length }, kind.layout)
  const request = { shape, layout: kind.layout, dtype: kind.dtype }
  const images = () => imagesOf(given)
  const expected = applyPlan(images(), plan, { ...request, fill, device: 'cpu' })
  return { images, plan, fill, request, expected, size: images().BYTES_PER_ELEMENT }
}

const property = (name: string, check: (given: ReturnType<typeof prepare>) => void) =>
  test(
    name,
    () =>
      fc.assert(
        fc.property(cases, (given) => check(prepare(given))),
        { numRuns: 150 },
      ),
    600_000,
  )

property('host arrays, to a new one and in place', ({ images, plan, fill, request, expected }) => {
  const source = images()
  const options = { ...request, fill, device: 'cuda' } as const
  expectSame(applyPlan(source, plan, options), expected)
  expectSame(source, images())
  expectSame(applyPlan(source, plan, { ...options, out: source }), expected)
})

property('tensors, to a new one and in place', ({ images, plan, fill, request, expected }) => {
  using source = DeviceTensor.from(images(), request)
  using result = applyPlan(source, plan, { fill })
  expectSame(result.download(), expected)
  expectSame(source.download(), images())
  applyPlan(source, plan, { fill, out: source })
  expectSame(source.download(), expected)
})

property('tensors over any address', ({ images, plan, fill, request, expected, size }) => {
  const { shape, dtype, layout } = request
  const rows = Math.ceil((images().byteLength + 16) / 1024)
  const memory = () =>
    DeviceTensor.from(new Uint8Array(rows * 1024).fill(0xa5), { shape: [1, 1, rows, 1024] })
  using from = memory()
  using to = memory()
  using whole = DeviceTensor.from(images(), request)
  const wrapped = (tensor: typeof from, values: number) =>
    DeviceTensor.wrap({
      pointer: tensor.pointer + BigInt(values * size),
      ...{ shape, dtype, layout, stream: tensor.stream },
    })
  const source = wrapped(from, 1)
  const target = wrapped(to, 3)
  const none = plan.map((sample) => ({ ...sample, masked: false }))
  applyPlan(whole, none, { fill, out: source })
  expectSame(source.download(), images())
  applyPlan(source, plan, { fill, out: target })
  expectSame(target.download(), expected)
  // Nothing beside the batch has been written.
  const around = bytesOf(to.download())
  const begin = 3 * size
  const end = begin + images().byteLength
  expect([...around.subarray(0, begin), ...around.subarray(end)].every((b) => b === 0xa5)).toBe(
    true,
  )
})

test('the class, asynchronously and on tensors', async () => {
  const shape = [3, 3, 40, 37] as const
  const images = () => Float32Array.from({ length: 3 * 3 * 40 * 37 }, (_, i) => i)
  const options = {
    ratio: 0.5,
    unit: [9, 30],
    rotate: 360,
    seed: 2n ** 63n + 5n,
    fill: { noise: 'normal', mean: [0, 1, 2], std: 0.5, shared: false },
  } as const
  const request = { shape, epoch: 4_000_000_000, index: 2 ** 52 }
  const expected = new GridMask({ ...options, device: 'cpu' }).apply(images(), request)
  const cuda = new GridMask({ ...options, device: 'cuda' })
  expectSame(await cuda.applyAsync(images(), request), expected)
  using tensor = DeviceTensor.from(images(), { shape })
  await cuda.applyAsync(tensor, { epoch: request.epoch, index: request.index, out: tensor })
  expectSame(await tensor.downloadAsync(), expected)
})

test('more channels than travel with a launch, and images of many planes', () => {
  for (const shared of [true, false]) {
    const fill = { noise: 'uniform', low: 0, high: 1, shared } as const
    const shape = [1, 300, 5, 7] as const
    const images = new Float32Array(300 * 35)
    const plan = [{ d: 3, ratio: 0.3, seed: 9, index: 7, epoch: 3 }]
    expectSame(
      applyPlan(images, plan, { shape, fill, device: 'cuda' }),
      applyPlan(images, plan, { shape, fill, device: 'cpu' }),
    )
  }
})
