/** What can be done with a batch, wherever its images lie, and how it is done with host arrays. */

import type { Dimensions } from '../arrays/batch-shape'
import type { ImageArray } from '../arrays/typed-array'
import { type CudaDevice, chunkBytes, expectCuda } from '../backend/cuda'
import { poolThreads } from '../backend/devices'
import { expectDone } from '../backend/native'
import type { BatchHeader, BatchLayout } from '../core/batch-header'
import { bytesPerValue, type DType } from '../core/dtype'
import type { CudaMemory, CudaOutcome } from '../core/native-interface'

/** Where host arrays are worked on. */
export interface ExecutionTarget {
  device: 'cpu' | CudaDevice
  threads: number
}

/** How an operation is to be executed: fields of the header of its native call. */
export type Execution = Partial<
  Pick<BatchHeader, 'threads' | 'poolThreads' | 'device' | 'pieceBytes'>
>

/** An operation with all that it needs but the images, as native calls. */
export interface BatchOperation {
  /** As messages call it. */
  readonly description: { readonly doing: string; readonly done: string }
  /** What a failure of CUDA leaves in host arrays that were worked on in place. */
  readonly afterFailure: string
  cpu(source: ArrayBufferView, target: ArrayBufferView, execution: Execution): number
  cpuAsync(
    source: ArrayBufferView,
    target: ArrayBufferView,
    execution: Execution,
  ): number | Promise<number>
  /** Host arrays, by way of a device. */
  cudaHost(
    source: ArrayBufferView,
    target: ArrayBufferView,
    execution: Execution,
    async: boolean,
  ): CudaOutcome | Promise<CudaOutcome>
  /** Memory of a device: puts it on the target's stream. */
  cuda(source: CudaMemory, target: CudaMemory): CudaOutcome
  /** Throws for an outcome that only this operation has. */
  expect?(outcome: CudaOutcome): void
}

/** Does it, and throws where it cannot be done. */
export function execute(
  operation: BatchOperation,
  source: ImageArray,
  target: ImageArray,
  { device, threads }: ExecutionTarget,
): void {
  if (device === 'cpu') expectDone(operation.cpu(source, target, { threads }))
  else {
    const outcome = operation.cudaHost(source, target, staged(device, threads), false)
    expectCudaDone(operation, outcome as CudaOutcome, source === target, device)
  }
}

/** The same off the main thread. Throws at once if it is refused. */
export function executeAsync(
  operation: BatchOperation,
  source: ImageArray,
  target: ImageArray,
  { device, threads }: ExecutionTarget,
): Promise<void> {
  const onCpu = device === 'cpu'
  const started = onCpu
    ? operation.cpuAsync(source, target, { threads, poolThreads: Math.max(poolThreads(), threads) })
    : operation.cudaHost(source, target, staged(device, threads), true)
  const finish = (outcome: CudaOutcome) => {
    if (onCpu) expectDone(outcome as number)
    else expectCudaDone(operation, outcome, source === target, device)
  }
  if (typeof started === 'number') finish(started)
  return Promise.resolve(started).then(finish)
}

function staged({ number }: CudaDevice, threads: number): Execution {
  return { device: number, pieceBytes: chunkBytes(), threads }
}

function expectCudaDone(
  { description, afterFailure, expect }: BatchOperation,
  outcome: CudaOutcome,
  inPlace: boolean,
  { id }: CudaDevice,
): void {
  expect?.(outcome)
  const changed = inPlace
    ? `. \`images\` has been ${description.done} in part${afterFailure}`
    : '. `out`, where there is one, has been written in part'
  expectCuda(outcome, `${description.doing} a batch on ${id}`, changed)
}

/** How a batch lies in memory. */
export function layoutOf(
  dtype: DType,
  { count, channels, height, width, channelsLast }: Dimensions,
): BatchLayout {
  const valueBytes = bytesPerValue[dtype]
  const [planes, pixelBytes] = channelsLast ? [1, channels * valueBytes] : [channels, valueBytes]
  return { count, planes, height, width, pixelBytes, valueBytes }
}

/** Whether there is nothing to work on: no samples, channels or pixels is no error. */
export function isEmpty({ count, channels, height, width }: Dimensions): boolean {
  return count === 0 || channels === 0 || height === 0 || width === 0
}
