/**
 * The native addon and what it offers. Its functions trust nothing; what they
 * answer is a status, since an error made in native code would be of another realm under Jest.
 */
import type { BatchHeader, SampleKind } from './core/batch-header'
import type { CudaOutcome, Opened } from './cuda'
import type { CudaMemory } from './device-tensor'
import { GridMaskError } from './errors'
import type { EncodedFill } from './fill'
import { load } from './load'

// The Status of native/addon/status.h.
const DONE = 0
const OVERLAP = 2

/** The bytes of these arrays are what counts; the element type does not. */
type Bytes = ArrayBufferView

/** The samples of a batch: those of a plan, or what to draw them from and with which numbers. */
export interface NativeSamples {
  kind: SampleKind
  /** Packed samples, the numbers of DrawSettings in native/lattice/draw.h, or packed rectangles. */
  data: Uint8Array | Float64Array | Uint32Array
  /** The number of the first sample that is drawn, where `indices` do not say it. */
  first: number
  indices: Float64Array | undefined
}

/** The places of the arguments are those of ApplyAt in native/addon/arguments.h. */
type ApplyArguments<Images> = [
  header: Float64Array,
  source: Images,
  target: Images,
  samples: NativeSamples['data'],
  indices: Float64Array | undefined,
  fill: EncodedFill,
]

/** The places of the arguments are those of MixAt in native/addon/arguments.h. */
type MixArguments<Images> = [
  header: Float64Array,
  source: Images,
  target: Images,
  plan: Uint8Array,
  partner: Int32Array,
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
    ...args: [...apply: ApplyArguments<CudaMemory>, async: boolean]
  ): CudaOutcome | Promise<CudaOutcome>
  applyHost(
    ...args: [...apply: ApplyArguments<Bytes>, async: boolean]
  ): CudaOutcome | Promise<CudaOutcome>
  mix(
    ...args: [...mix: MixArguments<CudaMemory>, async: boolean]
  ): CudaOutcome | Promise<CudaOutcome>
  mixHost(
    ...args: [...mix: MixArguments<Bytes>, async: boolean]
  ): CudaOutcome | Promise<CudaOutcome>
}

/** All functions of native/addon/addon.cc. Of a header each reads what it has a use for. */
export interface Native {
  apply(...args: ApplyArguments<Bytes>): number
  applyAsync(...args: ApplyArguments<Bytes>): number | Promise<number>
  mix(...args: MixArguments<Bytes>): number
  mixAsync(...args: MixArguments<Bytes>): number | Promise<number>
  draw(
    header: Float64Array,
    settings: NativeSamples['data'],
    indices: Float64Array | undefined,
    plan: Uint8Array,
  ): number
  drawPartner(header: Float64Array, plan: Uint8Array, partner: Int32Array): number
  countKept(
    header: Float64Array,
    sample: Uint8Array | Uint32Array,
    boxes: Int32Array,
    counts: Float64Array,
  ): number
  countPlan(header: Float64Array, plan: Uint8Array, counts: Float64Array): number
  useLargePages(array: Bytes): number
  readHeader(header: Float64Array): BatchHeader
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
