/** Methods that GridMask is compared with in its paper (Figures 1, 2, 5; Tables 2, 3). */

export { type RegionParams, RegionPlan, type RegionSample } from '../regions'
export { Cutout, type CutoutOptions } from './cutout'
export { HideAndSeek, type HideAndSeekOptions } from './hide-and-seek'
export type { BaselineOptions, RegionApplyRequest, RegionPlanRequest } from './method'
export { RandomErasing, type RandomErasingOptions } from './random-erasing'
