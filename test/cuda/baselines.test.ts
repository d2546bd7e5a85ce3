// The baselines have no kernels: data on a device is refused, and so is the native call.
import { expect, jest, test } from '@jest/globals'
import type { native as Native } from '../../lib/backend/native'
import type * as Baselines from '../../lib/baselines'
import { packHeader } from '../../lib/core/batch-header'
import type * as Library from '../../lib/index'
import { loadLibrary } from './support'

loadLibrary() // names the driver
let library: typeof Library
let baselines: typeof Baselines
let native: typeof Native
jest.isolateModules(() => {
  library = require('../../lib/index')
  baselines = require('../../lib/baselines')
  native = require('../../lib/backend/native').native
})

const shape = [1, 1, 4, 4] as const

test.each(['Cutout', 'RandomErasing', 'HideAndSeek'] as const)(
  '%s refuses a DeviceTensor',
  async (name) => {
    const method = new baselines[name]()
    using tensor = library.DeviceTensor.from(new Float32Array(16).fill(1), {
      shape,
      device: 'cuda:0',
    })
    const error = expect.objectContaining({
      code: 'ERR_INVALID_ARG_TYPE',
      message: expect.stringMatching(/`images` to be an array on the host, since .* on the CPU/),
    })
    expect(() => method.apply(tensor as never, { shape })).toThrow(error as never)
    await expect(method.applyAsync(tensor as never, { shape })).rejects.toEqual(error)
    expect(tensor.download()).toEqual(new Float32Array(16).fill(1))
  },
)

test('native CUDA functions refuse rectangles', () => {
  const plan = new baselines.Cutout().plan({ count: 1, height: 4, width: 4 })
  const { data } = baselines.RegionPlan.packed(plan).samples
  const images = new Uint8Array(16).fill(1)
  const tensor = library.DeviceTensor.from(images, { shape, device: 'cuda:0' })
  const layout = { count: 1, planes: 1, height: 4, width: 4, pixelBytes: 1, valueBytes: 1 }
  const header = packHeader(layout, { sampleKind: 2, threads: 1, pieceBytes: 4096 })
  const what = [data, undefined, new Uint8Array(1)] as const
  expect(native.cuda.applyHost(header, images, images, ...what, false)).toBe(1)
  const memory = library.DeviceTensor.memory(tensor)
  expect(native.cuda.apply(header, memory, memory, ...what)).toBe(1)
  // It is the rectangles that are refused.
  const settings = Float64Array.of(0.5, 0.5, 2, 2, 0, 0, 1, 0, 0, 0, 0)
  const [, ...rest] = what
  const honest = packHeader(layout, { sampleKind: 1 })
  expect(native.cuda.apply(honest, memory, memory, settings, ...rest)).toBe(0)
  expect(tensor.download()).toEqual(images)
  tensor.dispose()
})
