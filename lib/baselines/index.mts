// As lib/index.mts, of the methods for comparison.

export type {
  BaselineOptions,
  CutoutOptions,
  HideAndSeekOptions,
  RandomErasingOptions,
  RegionApplyRequest,
  RegionParams,
  RegionPlanRequest,
  RegionSample,
} from './index.js'
export { Cutout, HideAndSeek, RandomErasing, RegionPlan } from './index.js'
