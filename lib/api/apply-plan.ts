import { type ArrayRequest, arrayRequestKeys } from '../arrays/batch-shape'
import type { ImageArray } from '../arrays/typed-array'
import { checkDevice, type DeviceId, defaultThreads } from '../backend/devices'
import type { DeviceTensor } from '../execution/device-tensor'
import { run } from '../execution/job'
import { fillOf, maskOperation } from '../execution/mask-batch'
import { layoutOf } from '../execution/operation'
import type { Masked } from '../execution/requests'
import type { TensorRequest } from '../execution/tensor-batch'
import { checkFill, type Fill } from '../plan/fill'
import type { Plan, SampleParams } from '../plan/plan'
import { checkPlan } from './gridmask'

/**
 * The request of {@link applyPlan}.
 *
 * @example
 * ```ts
 * const request: ApplyPlanRequest = { shape: [1, 3, 224, 224], fill: [0.1, 0, -0.1] }
 * ```
 */
export interface ApplyPlanRequest extends ArrayRequest {
  /**
   * What dropped pixels become: a number, one number per channel, or {@link NoiseFill}. Default 0.
   */
  fill?: Fill | undefined
  /** Where to work. Default 'auto', the CPU. */
  device?: DeviceId | undefined
}

/**
 * The request of {@link applyPlan} on a {@link DeviceTensor}. The rest comes from the tensor.
 *
 * @example
 * ```ts
 * applyPlan(batch, plan, { out: batch, fill: 0.5 })
 * ```
 */
export interface TensorApplyPlanRequest extends TensorRequest {
  /**
   * What dropped pixels become: a number, one number per channel, or {@link NoiseFill}. Default 0.
   */
  fill?: Fill | undefined
}

const tensorKeys = new Set<string>([...arrayRequestKeys, 'fill'])
const requestKeys = new Set<string>([...arrayRequestKeys, 'fill', 'device'])

/**
 * Masks a batch according to a plan, without a `GridMask`: with parameters of your own, or to
 * repeat a mask.
 *
 * @param images all samples, one after another
 * @param plan one element for each sample
 * @returns `out`, or a new array of the type of `images`
 * @example
 * ```ts run
 * const params = { d: 4, ratio: 0.5, angle: 90 }
 * const masked = applyPlan(new Uint8Array(64).fill(1), [params], { shape: [1, 1, 8, 8], fill: 7 })
 * console.log([...new Set(masked)])   // [ 1, 7 ]
 * ```
 * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE,
 *   ERR_SHAPE_MISMATCH, ERR_BUFFER_DETACHED, ERR_OVERLAP, ERR_ALLOCATION, ERR_DISPOSED,
 *   ERR_CUDA_UNAVAILABLE; nothing has been written. ERR_CUDA, ERR_CUDA_OUT_OF_MEMORY: the message
 *   says whether anything has
 */
export function applyPlan<T extends ImageArray>(
  images: T,
  plan: Plan | readonly SampleParams[],
  request: ApplyPlanRequest,
): Masked<T>
export function applyPlan<T extends ImageArray>(
  images: DeviceTensor<T>,
  plan: Plan | readonly SampleParams[],
  request?: TensorApplyPlanRequest,
): DeviceTensor<T>
export function applyPlan(
  images: ImageArray | DeviceTensor,
  plan: Plan | readonly SampleParams[],
  request: ApplyPlanRequest | TensorApplyPlanRequest = {},
): ImageArray | DeviceTensor {
  return run(images, request, {
    keys: requestKeys,
    tensorKeys,
    prepare: (given, dimensions, dtype) => {
      const target = { device: checkDevice(given.device), threads: defaultThreads() }
      const fill = fillOf(
        checkFill('fill', given.fill === undefined ? 0 : given.fill),
        dtype,
        dimensions,
      )
      const { samples } = checkPlan(plan, dimensions.count)
      const operation = maskOperation(layoutOf(dtype, dimensions), samples, fill)
      return { operation, target, result: (masked) => masked }
    },
  })
}
