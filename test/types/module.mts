// Type-checked against the packed package, as an ES module; never run.
import { GridMask, type GridMaskOptions } from 'gridmask'
import { Cutout, type CutoutOptions } from 'gridmask/baselines'

const options: GridMaskOptions = { ratio: 0.6, unit: [96, 224] }
export const instance: GridMask = new GridMask(options)
const cutoutOptions: CutoutOptions = { size: 16 }
export const cutout: Cutout = new Cutout(cutoutOptions)

// @ts-expect-error: the package has no default export
export { default } from 'gridmask'
