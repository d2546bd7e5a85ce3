/** Methods that GridMask is compared with in its paper (Figures 1, 2, 5; Tables 2, 3). */

export { type RegionParams, RegionPlan, type RegionSample } from '../plan/rectangle-plan'
export type { BaselineOptions, RegionApplyRequest, RegionPlanRequest } from './baseline'
export { Cutout, type CutoutOptions } from './cutout'
export { HideAndSeek, type HideAndSeekOptions } from './hide-and-seek'
export { RandomErasing, type RandomErasingOptions } from './random-erasing'
