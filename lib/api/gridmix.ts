import type { ArrayRequest } from '../arrays/batch-shape'
import type { ImageArray } from '../arrays/typed-array'
import { checkDevice, type DeviceId, defaultThreads } from '../backend/devices'
import type { DeviceTensor } from '../execution/device-tensor'
import { run } from '../execution/job'
import { mixed, mixOf, mixOperation } from '../execution/mix-batch'
import { layoutOf } from '../execution/operation'
import { type GridMix, type Masked, mixKeys, type PartnerRequest } from '../execution/requests'
import type { TensorRequest } from '../execution/tensor-batch'
import type { Plan, SampleParams } from '../plan/plan'
import { drawKeys } from '../plan/requests'
import { checkPlan } from './gridmask'

interface PlanRequest extends PartnerRequest {
  /** One element for each sample. */
  plan: Plan | readonly SampleParams[]
}

/**
 * The request of {@link gridmix}.
 *
 * @example
 * ```ts
 * const request: GridMixPlanRequest = { shape: [2, 3, 224, 224], plan, partner: [1, 0] }
 * ```
 */
export interface GridMixPlanRequest extends ArrayRequest, PlanRequest {
  /** Where to work. Default 'auto', the CPU. */
  device?: DeviceId | undefined
}

/**
 * The request of {@link gridmix} on a {@link DeviceTensor}. The rest comes from the tensor.
 *
 * @example
 * ```ts
 * gridmix(batch, { plan, out: batch })
 * ```
 */
export interface TensorGridMixPlanRequest extends TensorRequest, PlanRequest {}

const tensorKeys = new Set([...mixKeys].filter((key) => !drawKeys.some((draw) => draw === key)))
const requestKeys = new Set<string>([...tensorKeys, 'device'])

/**
 * Mixes a batch according to a plan, without a `GridMask`: a dropped pixel takes the value that the
 * sample's partner has there (section 4.4). A plan of {@link GridMask.plan} and the partners of a
 * result reproduce that result.
 *
 * @param images all samples, one after another
 * @returns the images, `out` or new ones; the partners; and how much each sample kept
 * @example
 * ```ts run
 * const images = Float32Array.from({ length: 2 * 64 }, (_, i) => (i < 64 ? 1 : 2))
 * const params = { d: 8, ratio: 0.5 }
 * const mixed = gridmix(images, { shape: [2, 1, 8, 8], plan: [params, params], partner: [1, 0] })
 * console.log(mixed.lambda, [...new Set(mixed.images)])   // Float64Array(2) [ 0.75, 0.75 ] [ 1, 2 ]
 * ```
 * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE,
 *   ERR_SHAPE_MISMATCH, ERR_BUFFER_DETACHED, ERR_OVERLAP, ERR_ALLOCATION, ERR_DISPOSED,
 *   ERR_CUDA_UNAVAILABLE; nothing has been written. ERR_CUDA, ERR_CUDA_OUT_OF_MEMORY: the message
 *   says whether anything has
 */
export function gridmix<T extends ImageArray>(
  images: T,
  request: GridMixPlanRequest,
): GridMix<Masked<T>>
export function gridmix<T extends ImageArray>(
  images: DeviceTensor<T>,
  request: TensorGridMixPlanRequest,
): GridMix<DeviceTensor<T>>
export function gridmix(
  images: ImageArray | DeviceTensor,
  request: GridMixPlanRequest | TensorGridMixPlanRequest,
): GridMix<ImageArray | DeviceTensor> {
  return run(images, request, {
    keys: requestKeys,
    tensorKeys,
    prepare: (given, dimensions, dtype) => {
      const target = { device: checkDevice(given.device), threads: defaultThreads() }
      const plan = checkPlan(given.plan as Plan, dimensions.count)
      const mix = mixOf(() => plan.samples, given.partner, dimensions, target.threads)
      const operation = mixOperation(layoutOf(dtype, dimensions), mix)
      return { operation, target, result: (result) => mixed(result, mix) }
    },
  })
}
