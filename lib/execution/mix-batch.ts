/** Mixing as a {@link BatchOperation}: partners, lambda, and the native calls. */

import type { Dimensions } from '../arrays/batch-shape'
import { expectDone, native } from '../backend/native'
import { type BatchLayout, packHeader } from '../core/batch-header'
import { GridMaskError } from '../core/errors'
import { inspectWith } from '../core/inspection'
import { allocating } from '../core/memory'
import { type CudaOutcome, TOO_LARGE } from '../core/native-interface'
import { checkPartner } from '../plan/mix-partners'
import type { PackedPlan } from '../plan/plan'
import { type BatchOperation, isEmpty } from './operation'
import type { GridMix } from './requests'

/** What is mixed how; the same for arrays and tensors. */
export interface Mix {
  plan: PackedPlan
  partner: Int32Array
  lambda: Float64Array
  dimensions: Dimensions
}

/** What the caller gets. */
export function mixed<T>(images: T, { partner, lambda }: Mix): GridMix<T> {
  const result = { images, partner, lambda }
  inspectWith(result, showMix)
  return result
}

/** The pixels are the least of what one wants to know. */
function showMix(
  { images, partner, lambda }: GridMix<unknown>,
  inspect: (value: unknown, options?: object) => string,
): string {
  const rows = [
    `images: ${inspect(images, { maxArrayLength: 3 })}`,
    `partner: ${inspect(partner)}`,
    `lambda: ${inspect(lambda)}`,
  ]
  return `{\n${rows.map((row) => `  ${row.replaceAll('\n', '\n  ')}`).join(',\n')}\n}`
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
  const partner = allocating('`partner`', () => new Int32Array(plan.length))
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
  const lambda = allocating('`lambda`', () => new Float64Array(partner.length))
  if (isEmpty(dimensions)) return lambda.fill(1)
  const { count, height, width } = dimensions
  const header = packHeader({ count, height, width, threads })
  expectDone(native.countPlan(header, plan.bytes, lambda))
  const pixels = height * width
  for (let i = 0; i < lambda.length; i++) {
    lambda[i] = partner[i] === i ? 1 : (lambda[i] as number) / pixels
  }
  return lambda
}

export function mixOperation(layout: BatchLayout, { plan, partner }: Mix): BatchOperation {
  const rest = [plan.bytes, partner] as const
  return {
    description: { doing: 'mixing', done: 'mixed' },
    afterFailure: ', and cannot be restored from what it holds',
    cpu: (source, target, execution) =>
      native.mix(packHeader(layout, execution), source, target, ...rest),
    cpuAsync: (source, target, execution) =>
      native.mixAsync(packHeader(layout, execution), source, target, ...rest),
    cudaHost: (source, target, execution, async) =>
      native.cuda.mixHost(packHeader(layout, execution), source, target, ...rest, async),
    cuda: (source, target) => native.cuda.mix(packHeader(layout), source, target, ...rest),
    expect: expectSmall,
  }
}

function expectSmall(outcome: CudaOutcome): void {
  if (outcome !== TOO_LARGE) return
  throw new GridMaskError(
    'ERR_OUT_OF_RANGE',
    'Expected rows below 2 GiB and samples below 4 GiB (64 GiB where rows begin at multiples of ' +
      '16 bytes) to be mixed by CUDA',
  )
}
