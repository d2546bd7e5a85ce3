export { type ApplyPlanRequest, applyPlan, type TensorApplyPlanRequest } from './api/apply-plan'
export {
  type AlbumentationsGridMaskArguments,
  type DaliArguments,
  fromAlbumentations,
  fromDali,
  fromKerasCV,
  type GridDropoutArguments,
  type KerasCVArguments,
} from './api/converters'
export { GridMask } from './api/gridmask'
export { type GridMixPlanRequest, gridmix, type TensorGridMixPlanRequest } from './api/gridmix'
export { type IgnoreDroppedRequest, ignoreDropped, type LabelArray } from './api/ignore-dropped'
export { type LauncherRank, launcherRank, shardIndices } from './api/launcher-rank'
export { keepRatio, maskOf, visibleFraction } from './api/mask-queries'
export { type LabelRequest, mixLabels } from './api/mix-labels'
export type { GridMaskOptions } from './api/options'
export { Placement, type Point } from './api/placement'
export { Preprocessor } from './api/preprocessor'
export type {
  FloatType,
  PreprocessorOptions,
  PreprocessorPlanRequest,
  PreprocessRequest,
} from './api/preprocessor-options'
export type { Preprocessed, PreprocessedOn } from './api/preprocessor-result'
export { presets } from './api/presets'
export type { ArrayRequest, Layout, Shape } from './arrays/batch-shape'
export type {
  DecodedImage,
  ImageSource,
  ImageSources,
  SharpOutput,
  SourceArray,
} from './arrays/image-sources'
export type { Float16ArrayLike, ImageArray } from './arrays/typed-array'
export { type CudaStatus, cudaStatus } from './backend/cuda'
export {
  type CpuInfo,
  type CudaInfo,
  type DeviceId,
  type DeviceInfo,
  devices,
} from './backend/devices'
export type { DType } from './core/dtype'
export { type ErrorCode, GridMaskError } from './core/errors'
export type { Box, ImageSize } from './core/geometry'
export type { CudaReason } from './core/native-interface'
export { DeviceTensor } from './execution/device-tensor'
export type {
  CudaDeviceId,
  DevicePointer,
  DeviceTensorRequest,
} from './execution/device-tensor-request'
export type {
  ApplyRequest,
  GridMix,
  GridMixRequest,
  Masked,
  PartnerRequest,
  TensorApplyRequest,
  TensorGridMixRequest,
} from './execution/requests'
export type { CropKind } from './plan/crop'
export type { Fill } from './plan/fill'
export type { NoiseFill, NormalNoise, PerChannel, UniformNoise } from './plan/noise-fill'
export { type Normalization, normalization } from './plan/normalization'
export { Plan, type Sample, type SampleParams } from './plan/plan'
export {
  type PreprocessorParams,
  PreprocessorPlan,
  type PreprocessorSample,
} from './plan/preprocessor-plan'
export type { DrawRequest, PlanRequest } from './plan/requests'
export { constant, type LinearOptions, linear, type Schedule } from './plan/schedule'
