/**
 * The native addon and what it offers. Its functions trust nothing; what they
 * answer is a status, since an error made in native code would be of another realm under Jest.
 */
import type { CudaOutcome, Opened } from './cuda'
import type { CudaMemory } from './device-tensor'
import { GridMaskError } from './errors'
import { load } from './load'

// The Status of native/addon/request.h.
const DONE = 0
const OVERLAP = 2

/** The bytes of these arrays are what counts; the element type does not. */
type Bytes = ArrayBufferView

/** A plan's packed samples, or what to draw from and with which numbers. */
export type SampleArguments =
  | [plan: Uint8Array, first: undefined, indices: undefined]
  | [settings: Float64Array, first: number, indices: Float64Array | undefined]

/** What is told of a batch beside its images. */
export type BatchArguments = [
  ...samples: SampleArguments,
  fill: Uint8Array,
  count: number,
  planes: number,
  height: number,
  width: number,
  pixelBytes: number,
  valueBytes: number,
]

type ApplyArguments = [source: Bytes, target: Bytes, ...batch: BatchArguments, threads: number]

export type HostArguments = [
  device: number,
  source: Bytes,
  target: Bytes,
  ...batch: BatchArguments,
  chunkBytes: number,
  threads: number,
]

/** native/addon/cuda.cc. What is asked for asynchronously may be refused at once. */
interface NativeCuda {
  open(path: string): Opened
  prepare(device: number): CudaOutcome
  allocate(device: number, bytes: number): CudaMemory | CudaOutcome
  wrap(
    device: number,
    pointer: bigint,
    bytes: number,
    stream: bigint,
  ): CudaMemory | CudaOutcome | string
  pointer(memory: CudaMemory): bigint
  dispose(memory: CudaMemory): CudaOutcome
  upload(memory: CudaMemory, source: Bytes, chunkBytes: number, threads: number): CudaOutcome
  download(
    memory: CudaMemory,
    target: Bytes,
    chunkBytes: number,
    threads: number,
    async: boolean,
  ): CudaOutcome | Promise<CudaOutcome>
  apply(
    ...args: [source: CudaMemory, target: CudaMemory, ...batch: BatchArguments, async: boolean]
  ): CudaOutcome | Promise<CudaOutcome>
  applyHost(...args: [...host: HostArguments, async: boolean]): CudaOutcome | Promise<CudaOutcome>
}

/** All functions of native/addon/addon.cc. */
export interface Native {
  apply(...args: ApplyArguments): number
  applyAsync(...args: ApplyArguments): number | Promise<number>
  draw(plan: Uint8Array, ...samples: SampleArguments): number
  countKept(
    sample: Uint8Array,
    height: number,
    width: number,
    boxes: Int32Array,
    counts: Float64Array,
  ): number
  useLargePages(array: Bytes): number
  instructionSet: string
  cuda: NativeCuda
}

export const native = load()

/**
 * For what TypeScript has already checked: a refusal shows a defect of this package.
 *
 * @param name what the caller knows the source as
 */
export function expectDone(status: number, name = 'images'): void {
  if (status === DONE) return
  // Two SharedArrayBuffer objects can stand for the same memory; only their addresses show it.
  if (status === OVERLAP) {
    throw new GridMaskError(
      'ERR_OVERLAP',
      `Expected \`out\` to be the memory of \`${name}\` or apart from it, but the two overlap in part`,
    )
  }
  throw new Error(`gridmask's native code refused arguments that had been checked (${status})`)
}
