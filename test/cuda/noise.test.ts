// Noise on CUDA against the CPU backend, bit for bit: staged in chunks, on tensors, over any address.
import { test } from '@jest/globals'
import type { ArrayRequest } from '../../lib/index'
import { batchOf, cases, imagesOf } from '../noise/support'
import { shapeOf } from '../oracle'
import { describeEveryWay } from './every-way'
import { expectSame, onDriver } from './support'

const suite = onDriver({
  batches: cases,
  prepare({ applyPlan }, given) {
    const { plan, fill, kind } = given
    const request = { shape: shapeOf(batchOf(given)), layout: kind.layout, dtype: kind.dtype }
    const images = () => imagesOf(given)
    const expected = applyPlan(images(), plan, { ...request, fill, device: 'cpu' })
    return { images, plan, fill, request, expected }
  },
  runs: 150,
})
const { applyPlan, DeviceTensor, GridMask } = suite.library

describeEveryWay(suite, {
  run: ({ plan, fill }, images, request) =>
    DeviceTensor.is(images)
      ? applyPlan(images, plan, { ...request, fill })
      : applyPlan(images, plan, { ...(request as ArrayRequest), fill, device: 'cuda' }),
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

test('more channels than fit the parameters of a launch, and images of many planes', () => {
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
