/** Operations on a batch, wherever its images lie, and how to execute them on host arrays. */

import type { Dimensions } from '../arrays/batch-shape'
import type { ImageArray } from '../arrays/typed-array'
import { type CudaDevice, chunkBytes, expectCuda } from '../backend/cuda'
import { poolThreads } from '../backend/devices'
import { expectDone } from '../backend/native'
import type { BatchHeader, BatchLayout } from '../core/batch-header'
import { bytesPerValue, type DType } from '../core/dtype'
import type { CudaMemory, CudaOutcome, CudaTarget } from '../core/native-interface'

/** Where host arrays are processed. */
export interface ExecutionTarget {
  device: 'cpu' | CudaDevice
  threads: number
}

/** How to execute an operation: header fields of its native call. */
export type Execution = Partial<
  Pick<BatchHeader, 'threads' | 'poolThreads' | 'device' | 'pieceBytes'>
>

/** For tensors, their memory says where to work. */
export const nowhere: Execution = {}

/** An operation with everything that it needs but the images, as native calls. */
export interface BatchOperation {
  /** What messages call it. */
  readonly description: { readonly doing: string; readonly done: string }
  /** For messages: what to expect of host arrays after CUDA failed in place. */
  readonly afterFailure: string
  cpu(source: ArrayBufferView, target: ArrayBufferView, execution: Execution): number
  cpuAsync(
    source: ArrayBufferView,
    target: ArrayBufferView,
    execution: Execution,
  ): number | Promise<number>
  /** Processes host arrays on a device. */
  cudaHost(
    source: ArrayBufferView,
    target: ArrayBufferView,
    execution: Execution,
    async: boolean,
  ): CudaOutcome | Promise<CudaOutcome>
  /** Processes memory of a device: puts the work on the target's stream. Returns memory that it makes. */
  cuda(source: CudaMemory, target: CudaTarget): CudaMemory | CudaOutcome
  /** Throws for an outcome that only this operation has. */
  expect?(outcome: CudaOutcome): void
}

/** Executes an operation, or throws. */
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
    ? `. \`images\` has been partly ${description.done}${afterFailure}`
    : '. `out`, if there is one, has been partly written'
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

/** Whether there is nothing to process. A batch without samples, channels or pixels is not an error. */
export function isEmpty({ count, channels, height, width }: Dimensions): boolean {
  return count === 0 || channels === 0 || height === 0 || width === 0
}
