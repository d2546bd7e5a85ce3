// Type-checked against the packed package, as a CommonJS consumer; never run.
import {
  applyPlan,
  type Box,
  type CudaStatus,
  cudaStatus,
  type DeviceInfo,
  devices,
  type ErrorCode,
  fromDali,
  GridMask,
  GridMaskError,
  type GridMaskOptions,
  type GridMix,
  gridmix,
  ignoreDropped,
  keepRatio,
  linear,
  maskOf,
  mixLabels,
  Plan,
  presets,
  type Sample,
  type Schedule,
  visibleFraction,
} from 'gridmask'

import {
  Cutout,
  HideAndSeek,
  RandomErasing,
  type RegionApplyRequest,
  RegionPlan,
  type RegionSample,
} from 'gridmask/baselines'

import gridmask = require('gridmask')

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function is<T extends true>(): T | undefined {
  return undefined
}

const options: GridMaskOptions = { ratio: 0.6, unit: [96, 224] }
export const instance: GridMask = new gridmask.GridMask(options)
export const same: typeof GridMask = gridmask.GridMask
new GridMask({ ratio: [0.4, 0.6], unit: (height, width) => [2, Math.min(height, width)] })
new GridMask({
  ratio: 0.5,
  unit: 9,
  seed: 2n ** 60n,
  fill: [0, 1, 2],
  device: 'cuda:1',
  threads: 2,
})
new GridMask({ ...presets.imagenet, probability: (epoch) => epoch / 300 })

const shape = [1, 3, 8, 8] as const
const floats = instance.apply(new Float32Array(192), { shape })
is<Equal<typeof floats, Float32Array<ArrayBuffer>>>()
const bytes = instance.apply(new Uint8ClampedArray(192), { shape: [1, 8, 8, 3], layout: 'NHWC' })
is<Equal<typeof bytes, Uint8ClampedArray<ArrayBuffer>>>()
const later = instance.applyAsync(new Uint16Array(192), { shape, dtype: 'bfloat16', epoch: 1.5 })
is<Equal<typeof later, Promise<Uint16Array<ArrayBuffer>>>>()

const mixed = instance.gridmix(floats, { shape, partner: [0] })
is<Equal<typeof mixed, GridMix<Float32Array<ArrayBuffer>>>>()
const mixedLater = instance.gridmixAsync(bytes, { shape: [1, 8, 8, 3], layout: 'NHWC', index: 7 })
is<Equal<typeof mixedLater, Promise<GridMix<Uint8ClampedArray<ArrayBuffer>>>>>()
const { partner, lambda } = gridmix(floats, { shape, plan: [{ d: 8, ratio: 0.5 }], device: 'cpu' })
const mixedLabels: Float32Array = mixLabels(new Float32Array(10), {
  shape: [1, 10],
  partner,
  lambda,
})
void mixedLabels

const plan: Plan = instance.plan({ count: 1 })
const sample: Sample | undefined = plan.at(0)
is<Equal<Sample['unitKey'], [number, number]>>()
instance.apply(floats, { shape, plan: JSON.parse(JSON.stringify(plan)) })
applyPlan(floats, Plan.from([{ d: 8, ratio: 0.5, angle: 30 }]), { shape, fill: 1, out: floats })
if (sample) {
  const mask: Uint8Array = maskOf(sample, [8, 8])
  const kept: number = keepRatio(sample, [mask.length, 1])
  const boxes: Box[] = [[0, 0, kept, 1]]
  const visible: number[] = visibleFraction(fromDali({ tile: 8 }, [8, 8]), [8, 8], boxes)
  void visible
}
const labels = ignoreDropped(new Int32Array(64), plan, { shape: [1, 8, 8], label: -1 })
is<Equal<typeof labels, Int32Array<ArrayBuffer>>>()
const schedule: Schedule = linear({ to: 0.8, epochs: 240 })
const list: DeviceInfo[] = devices()
const status: CudaStatus = cudaStatus()
void [schedule, list, status]

try {
  instance.setEpoch(-1)
} catch (error) {
  if (error instanceof GridMaskError) {
    const code: ErrorCode = error.code
    void code
    // @ts-expect-error: not one of the codes
    if (error.code === 'ERR_NO_SUCH_CODE') throw error
  }
}

const cutout = new Cutout({ size: [8, 17], keep: 0.75, probability: (epoch) => epoch / 300 })
const cut = cutout.apply(new Uint8Array(192), { shape })
is<Equal<typeof cut, Uint8Array<ArrayBuffer>>>()
const cutLater = new HideAndSeek({ sizes: [2, 4] }).applyAsync(new Float32Array(192), { shape })
is<Equal<typeof cutLater, Promise<Float32Array<ArrayBuffer>>>>()
const erased: RegionPlan = new RandomErasing().plan({ count: 1, height: 8, width: 8 })
const rectangles: RegionSample | undefined = erased.at(0)
const replay: RegionApplyRequest = { shape, plan: RegionPlan.from([{ regions: [[0, 0, 2, 2]] }]) }
if (rectangles) keepRatio(rectangles, [8, 8])
cutout.apply(floats, { ...replay, plan: JSON.parse(JSON.stringify(erased)) })
// @ts-expect-error: the size is needed
cutout.plan({ count: 1 })
// @ts-expect-error: they work on the CPU
new Cutout({ device: 'cuda' })
// @ts-expect-error: a plan of the other kind
cutout.apply(floats, { shape, plan })

// @ts-expect-error: not the name of an option
new GridMask({ ratio: 0.6, unit: 96, units: 96 })
// @ts-expect-error: not a number
new GridMask({ ratio: '0.6', unit: 96 })
// @ts-expect-error: needed
new GridMask({ ratio: 0.6 })
// @ts-expect-error: no device
new GridMask({ ratio: 0.6, unit: 9, device: 'gpu' })
// @ts-expect-error: holds no images
instance.apply(new Float64Array(192), { shape })
// @ts-expect-error: holds no labels
ignoreDropped(floats, plan, { shape: [1, 8, 8], label: 255 })
// @ts-expect-error: not the name of a layout
instance.apply(floats, { shape, layout: 'CHW' })
// @ts-expect-error: without an instance, a plan is needed
gridmix(floats, { shape })
// @ts-expect-error: nothing is filled
instance.gridmix(floats, { shape, fill: 0 })
// @ts-expect-error: a plan is not made by hand
new Plan([])
