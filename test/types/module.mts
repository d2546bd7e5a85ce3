// Type-checked against the packed package, as an ES module; never run.
import { GridMask, type GridMaskOptions, type GridMix, gridmix, mixLabels } from 'gridmask'
import { Cutout, type CutoutOptions } from 'gridmask/baselines'

const options: GridMaskOptions = { ratio: 0.6, unit: [96, 224] }
export const instance: GridMask = new GridMask(options)
const cutoutOptions: CutoutOptions = { size: 16 }
export const cutout: Cutout = new Cutout(cutoutOptions)

const plan = [{ d: 8, ratio: 0.5 }]
export const mixed: GridMix<Float32Array> = gridmix(new Float32Array(64), {
  shape: [1, 1, 8, 8],
  plan,
})
export const labels: Float32Array = mixLabels(new Float32Array(10), {
  shape: [1, 10],
  partner: mixed.partner,
  lambda: mixed.lambda,
})

// @ts-expect-error: the package has no default export
export { default } from 'gridmask'
