// Type-checked against the packed package, as an ES module; never run.
import { GridMask, type GridMaskOptions } from 'gridmask'

const options: GridMaskOptions = { ratio: 0.6, unit: [96, 224] }
export const instance: GridMask = new GridMask(options)

// @ts-expect-error: the package has no default export
export { default } from 'gridmask'
