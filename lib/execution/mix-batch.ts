/** From a checked GridMix request to the native calls: partners, lambda, and the mixing. */

import type { Arrays, Dimensions } from '../arrays/batch-shape'
import type { ImageArray } from '../arrays/typed-array'
import { type CudaDevice, chunkBytes, expectCuda } from '../backend/cuda'
import { expectDone, native } from '../backend/native'
import { packHeader } from '../core/batch-header'
import { GridMaskError } from '../core/errors'
import type { CudaMemory, CudaOutcome } from '../core/native-interface'
import { checkPartner } from '../plan/mix-partners'
import type { PackedPlan } from '../plan/plan'
import type { DeviceTensor } from './device-tensor'
import { isEmpty, layoutOf, type Place } from './host-masks'

/** What is mixed how; the same for arrays and tensors. */
export interface Mix {
  plan: PackedPlan
  partner: Int32Array
  lambda: Float64Array
  dimensions: Dimensions
}

/** The mix of a batch by a plan, with the partners given or drawn; `threads` count the pixels. */
export function mixOf(
  plan: PackedPlan,
  partner: unknown,
  dimensions: Dimensions,
  threads: number,
): Mix {
  const { count } = dimensions
  const partners = partner === undefined ? drawPartner(plan) : checkPartner(partner, count)
  const lambda = lambdaOf(plan, partners, dimensions, threads)
  return { plan, partner: partners, lambda, dimensions }
}

function drawPartner(plan: PackedPlan): Int32Array {
  const partner = new Int32Array(plan.length)
  expectDone(native.drawPartner(packHeader({ count: plan.length }), plan.bytes, partner))
  return partner
}

/** The fraction of each sample that stays its own. */
function lambdaOf(
  plan: PackedPlan,
  partner: Int32Array,
  dimensions: Dimensions,
  threads: number,
): Float64Array {
  const lambda = new Float64Array(partner.length)
  if (isEmpty(dimensions)) return lambda.fill(1)
  const { count, height, width } = dimensions
  const header = packHeader({ count, height, width, threads })
  expectDone(native.countPlan(header, plan.bytes, lambda))
  const pixels = height * width
  return lambda.map((kept, i) => (partner[i] === i ? 1 : kept / pixels))
}

/** Mixes a batch on the host; 'auto' is the CPU, since a GPU would need the whole batch at once. */
export function runMix(
  source: ImageArray,
  target: ImageArray,
  { plan, partner, dimensions }: Mix,
  arrays: Arrays,
  { device, threads }: Place,
): void {
  if (isEmpty(dimensions)) return
  const layout = layoutOf(arrays, dimensions)
  if (device === 'auto' || device === 'cpu') {
    const header = packHeader(layout, { threads })
    expectDone(native.mix(header, source, target, plan.bytes, partner))
    return
  }
  const header = packHeader(layout, stagingOf(device, threads))
  const outcome = native.cuda.mixHost(header, source, target, plan.bytes, partner, false)
  expectMixed(outcome as CudaOutcome, source, target, device)
}

/** Throws at once if the work is refused. */
export function runMixAsync(
  source: ImageArray,
  target: ImageArray,
  { plan, partner, dimensions }: Mix,
  arrays: Arrays,
  { device, threads }: Place,
): Promise<void> {
  if (isEmpty(dimensions)) return Promise.resolve()
  const layout = layoutOf(arrays, dimensions)
  if (device === 'auto' || device === 'cpu') {
    const header = packHeader(layout, { threads })
    const started = native.mixAsync(header, source, target, plan.bytes, partner)
    if (typeof started === 'number') expectDone(started)
    return Promise.resolve(started).then(expectDone)
  }
  const header = packHeader(layout, stagingOf(device, threads))
  const started = native.cuda.mixHost(header, source, target, plan.bytes, partner, true)
  if (typeof started === 'number') expectMixed(started, source, target, device)
  return Promise.resolve(started).then((outcome) => expectMixed(outcome, source, target, device))
}

function stagingOf({ number }: CudaDevice, threads: number) {
  return { device: number, pieceBytes: chunkBytes(), threads }
}

function expectMixed(
  outcome: CudaOutcome,
  source: ImageArray,
  target: ImageArray,
  { id }: CudaDevice,
): void {
  const changed =
    source === target
      ? '. `images` has been mixed in part, and cannot be restored from what it holds'
      : '. `out`, where there is one, has been written in part'
  expectSmall(outcome)
  expectCuda(outcome, `mixing a batch on ${id}`, changed)
}

/** What {@link mixOf} says, on a device. */
export function mixTensors(images: DeviceTensor, mix: Mix) {
  const { plan, partner, dimensions } = mix
  const layout = layoutOf(images, dimensions)
  return {
    words: ['mixing', 'mixed'],
    start: (from: CudaMemory, to: CudaMemory, async: boolean) =>
      native.cuda.mix(packHeader(layout), from, to, plan.bytes, partner, async),
    expect: expectSmall,
  } as const
}

const TOO_LARGE = 4

function expectSmall(outcome: CudaOutcome): void {
  if (outcome !== TOO_LARGE) return
  throw new GridMaskError(
    'ERR_OUT_OF_RANGE',
    'Expected rows below 2 GiB and samples below 4 GiB (64 GiB where rows begin at multiples of ' +
      '16 bytes) to be mixed by CUDA',
  )
}
