// From wherever to wherever: what holds of an operation on host arrays and on tensors, into new memory and in
// place, at any address.
import { describe, expect } from '@jest/globals'
import type { DeviceTensor, DType, ImageArray, Layout } from '../../lib/index'
import { expectSame, oddTensors, type onDriver } from './support'

/** A batch and what must become of it. */
interface Prepared {
  images: () => ImageArray
  request: { shape: readonly number[]; layout: Layout; dtype: DType }
  expected: ImageArray
}

type Images = ImageArray | DeviceTensor

/** Calls the operation, with the request as it is or with `out` alone for a tensor. */
interface Calls<Given> {
  run: (given: Given, images: Images, request: object) => Images
  runAsync?: (given: Given, images: Images, request: object) => Promise<Images>
}

type Suite<Given> = Pick<ReturnType<typeof onDriver<never, Given>>, 'library' | 'property'>

export function describeEveryWay<Given extends Prepared>(
  { library, property }: Suite<Given>,
  { run, runAsync }: Calls<Given>,
): void {
  const { applyPlan, DeviceTensor } = library

  describe('random batches equal the CPU backend', () => {
    property('host array to a new one', (given) => {
      const { images, request, expected } = given
      const source = images()
      expectSame(run(given, source, request) as ImageArray, expected)
      expectSame(source, images())
    })

    property('host array in place', (given) => {
      const { images, request, expected } = given
      const out = images()
      expect(run(given, out, { ...request, out })).toBe(out)
      expectSame(out, expected)
    })

    property('tensor to a new one', (given) => {
      const { images, request, expected } = given
      using source = DeviceTensor.from(images(), request)
      using result = run(given, source, {}) as DeviceTensor
      expectSame(result.download(), expected)
      expectSame(source.download(), images())
    })

    property('tensors over any address', (given) => {
      const { images, request, expected } = given
      using odd = oddTensors(library, request, expected.byteLength)
      using whole = DeviceTensor.from(images(), request)
      const unmasked = { d: 1, ratio: 0.5, masked: false }
      const plan = Array.from({ length: request.shape[0] as number }, () => unmasked)
      applyPlan(whole, plan, { out: odd.source })
      expectSame(odd.source.download(), images())
      run(given, odd.source, { out: odd.target })
      expectSame(odd.target.download(), expected)
      odd.expectRestUntouched()
      run(given, odd.source, { out: odd.source })
      expectSame(odd.source.download(), expected)
    })

    if (runAsync === undefined) return

    property('host array, asynchronously', async (given) => {
      const { images, request, expected } = given
      expectSame((await runAsync(given, images(), request)) as ImageArray, expected)
    })

    property('tensor in place, asynchronously', async (given) => {
      const { images, request, expected } = given
      using tensor = DeviceTensor.from(images(), request)
      expect(await runAsync(given, tensor, { out: tensor })).toBe(tensor)
      expectSame(await tensor.downloadAsync(), expected)
    })
  })
}
