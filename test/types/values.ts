// Values of the types that programs have them in; type-checked against the packed package, never run.
import {
  applyPlan,
  DeviceTensor,
  fromAlbumentations,
  GridMask,
  type GridMaskOptions,
  ignoreDropped,
  keepRatio,
  launcherRank,
  linear,
  maskOf,
  mixLabels,
  normalization,
  Plan,
  Preprocessor,
  type PreprocessorOptions,
  presets,
  type SampleParams,
  shardIndices,
  visibleFraction,
} from 'gridmask'
import { Cutout, RandomErasing, RegionPlan } from 'gridmask/baselines'

// Arrays of any length, as they come from JSON, a tensor's shape, or a detector.
const config: { ratio: number[]; unit: number[] } = JSON.parse('{}')
const shape: number[] = [1, 3, 8, 8]
const frozen: readonly number[] = shape
const size: number[] = [8, 8]
const boxes: number[][] = []

export const gridmask = new GridMask(config)
new GridMask({ ratio: config.ratio, unit: (height, width) => [height, width].map(Math.round) })
gridmask.apply(new Float32Array(192), { shape })
gridmask.apply(new Float32Array(192), { shape: frozen })
gridmask.applyAsync(new Float32Array(192), { shape }).then((images: Float32Array) => images)
applyPlan(new Uint8Array(192), [{ d: 8, ratio: 0.5, unitKey: config.unit }], { shape })
DeviceTensor.from(new Float32Array(192), { shape })
maskOf({ d: 8, ratio: 0.5 }, size)
keepRatio({ d: 8, ratio: 0.5 }, size)
export const visible: number[] = visibleFraction({ d: 8, ratio: 0.5 }, size, boxes)
visibleFraction({ d: 8, ratio: 0.5 }, size, [new Float32Array(4), [0, 0, 4, 4]])
ignoreDropped(new BigInt64Array(64), [{ d: 8, ratio: 0.5 }], { shape: size, label: -100n })
mixLabels(new Float32Array(20), { shape: size, partner: [0, 1], lambda: size })

const settings: PreprocessorOptions<'float32'> = JSON.parse('{}')
const preprocessor = new Preprocessor({
  ...settings,
  size,
  channels: config.unit,
  normalize: normalization.imagenet,
  gridmask: presets.coco,
})
export const batch: Float32Array = preprocessor.apply(new Uint8ClampedArray(192), { shape })
export const halves: Uint16Array = new Preprocessor({ dtype: 'float16' }).apply([
  { data: new Uint8Array(192), info: { width: 8, height: 8, channels: 3 } },
  { data: new Float32Array(256), width: 8, height: 8 },
])
preprocessor.applyAsync([], { out: batch, epoch: undefined }).then((result: Float32Array) => result)
for (const sample of preprocessor.plan({ count: 2, height: 8, width: size })) {
  maskOf(sample, size)
  preprocessor.placement(sample, size).boxes(boxes)
  preprocessor.apply([], { plan: [sample, { top: 0, left: 0, flip: undefined }] })
}
new Cutout({ size: config.unit })
new RandomErasing({ area: size, aspect: size })
RegionPlan.from([{ regions: boxes }])
fromAlbumentations({ numGridRange: config.unit })

// What may be missing is undefined, also under exactOptionalPropertyTypes.
declare const maybe: number | undefined
declare const device: 'cpu' | undefined
new GridMask({
  ratio: 0.5,
  unit: 8,
  seed: maybe,
  rotate: maybe,
  fill: maybe,
  device,
  threads: maybe,
})
gridmask.apply(new Float32Array(192), {
  shape,
  layout: undefined,
  dtype: undefined,
  out: undefined,
  epoch: maybe,
  index: maybe,
  indices: undefined,
  plan: undefined,
})
gridmask.plan({ count: 1, height: maybe, width: maybe, epoch: maybe })
gridmask.gridmix(new Float32Array(192), { shape, partner: undefined })
linear({ to: 1, epochs: 2, from: maybe })
export const params: SampleParams = { d: 8, ratio: 0.5, angle: maybe, masked: undefined }
new Cutout({ keep: maybe, probability: maybe })

// A plan, or what a clone or JSON has left of it.
const plan: Plan = gridmask.plan({ count: 1 })
Plan.from(structuredClone(plan))
Plan.from(JSON.parse(JSON.stringify(plan)))
Plan.from(plan.samples)
export const options: Readonly<GridMaskOptions> = gridmask.options
gridmask.epoch = 3
declare function structuredClone<T>(value: T): T

const { rank, worldSize }: { rank: number; worldSize: number } = launcherRank({
  RANK: '3',
  WORLD_SIZE: '8',
})
export const places: number[] = shardIndices(10, { rank, worldSize })
