export { type ApplyPlanRequest, applyPlan, type TensorApplyPlanRequest } from './apply'
export type { DType, Float16ArrayLike, ImageArray } from './arrays'
export {
  type AlbumentationsGridMaskArguments,
  type DaliArguments,
  fromAlbumentations,
  fromDali,
  fromKerasCV,
  type GridDropoutArguments,
  type KerasCVArguments,
} from './convert'
export { type CudaReason, type CudaStatus, cudaStatus } from './cuda'
export {
  type CudaDeviceId,
  type DevicePointer,
  DeviceTensor,
  type DeviceTensorRequest,
} from './device-tensor'
export { type CpuInfo, type CudaInfo, type DeviceId, type DeviceInfo, devices } from './devices'
export { type ErrorCode, GridMaskError } from './errors'
export type { Fill } from './fill'
export { GridMask } from './gridmask'
export { type GridMixPlanRequest, gridmix, type TensorGridMixPlanRequest } from './gridmix'
export { type IgnoreDroppedRequest, ignoreDropped, type LabelArray } from './ignore-dropped'
export { type LabelRequest, mixLabels } from './labels'
export { type Box, type ImageSize, keepRatio, maskOf, visibleFraction } from './mask'
export type { NoiseFill, NormalNoise, PerChannel, UniformNoise } from './noise-fill'
export type {
  ApplyRequest,
  DrawRequest,
  GridMaskOptions,
  GridMix,
  GridMixRequest,
  Masked,
  PartnerRequest,
  PlanRequest,
  TensorApplyRequest,
  TensorGridMixRequest,
} from './options'
export { Plan, type Sample, type SampleParams } from './plan'
export { presets } from './presets'
export type { ArrayRequest, Layout, Shape } from './request'
export { constant, type LinearOptions, linear, type Schedule } from './schedule'
