/**
 * The native addon and what it offers. Its functions trust nothing; what they
 * answer is a status, since an error made in native code would be of another realm under Jest.
 */
import type { CudaOutcome, Opened } from './cuda'
import type { CudaMemory } from './device-tensor'
import { GridMaskError } from './errors'
import type { EncodedFill } from './fill'
import { load } from './load'

// The Status of native/addon/request.h.
const DONE = 0
const OVERLAP = 2

/** The bytes of these arrays are what counts; the element type does not. */
type Bytes = ArrayBufferView

/** A plan's packed samples, or their rectangles. */
export type PlanArguments = [plan: Uint8Array | Uint32Array, first: undefined, indices: undefined]

/** A plan, or what to draw from and with which numbers. */
export type SampleArguments =
  | PlanArguments
  | [settings: Float64Array, first: number, indices: Float64Array | undefined]

/** What is told of a batch beside its images. */
export type BatchArguments = [
  ...samples: SampleArguments,
  fill: EncodedFill,
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

/** What is told of a batch to be mixed, beside its images; native/addon/mix.h. */
export type MixArguments = [
  plan: Uint8Array,
  partner: Int32Array,
  planes: number,
  height: number,
  width: number,
  pixelBytes: number,
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
  mix(
    ...args: [source: CudaMemory, target: CudaMemory, ...mix: MixArguments, async: boolean]
  ): CudaOutcome | Promise<CudaOutcome>
  mixHost(
    ...args: [
      device: number,
      source: Bytes,
      target: Bytes,
      ...mix: MixArguments,
      chunkBytes: number,
      threads: number,
      async: boolean,
    ]
  ): CudaOutcome | Promise<CudaOutcome>
}

/** native/addon/mix.cc. */
interface NativeMix {
  mix(...args: [source: Bytes, target: Bytes, ...mix: MixArguments, threads: number]): number
  mixAsync(...args: Parameters<NativeMix['mix']>): number | Promise<number>
  drawPartner(plan: Uint8Array, partner: Int32Array): number
  countPlan(
    plan: Uint8Array,
    height: number,
    width: number,
    counts: Float64Array,
    threads: number,
  ): number
}

/** All functions of native/addon/addon.cc. */
export interface Native extends NativeMix {
  apply(...args: ApplyArguments): number
  applyAsync(...args: ApplyArguments): number | Promise<number>
  draw(plan: Uint8Array, ...samples: SampleArguments): number
  countKept(
    sample: Uint8Array | Uint32Array,
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
