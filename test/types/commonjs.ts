// Type-checked against the packed package, as a CommonJS consumer; never run.
import { GridMask, type GridMaskOptions } from 'gridmask'

import gridmask = require('gridmask')

const options: GridMaskOptions = { ratio: 0.6, unit: [96, 224] }
export const instance: GridMask = new gridmask.GridMask(options)
export const same: typeof GridMask = gridmask.GridMask

// @ts-expect-error: not the name of an option
new GridMask({ ratio: 0.6, unit: 96, units: 96 })
// @ts-expect-error: not a number
new GridMask({ ratio: '0.6', unit: 96 })
