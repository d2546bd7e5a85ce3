/**
 * What the native addon offers, native/addon/, and answers: types, and the numbers that mean something.
 */
import type { BatchHeader, SampleKind } from './batch-header'

// The Status of native/addon/status.h.
export const DONE = 0
export const OVERLAP = 2
export const TOO_LARGE = 4
export const OUT_OF_HOST_MEMORY = 5

/**
 * A fill as native code takes it: the bytes of a pixel in all channels, of which some may stay (then as many
 * bytes again say which are filled); or noise.
 */
export type EncodedFill = Uint8Array | Float32Array

/** What holds memory on a device, as native/addon/cuda.cc makes it. */
export type CudaMemory = object & { readonly cudaMemory: never }

/** What keeps memory of the host pinned. */
export type PinnedMemory = object & { readonly pinnedMemory: never }

/**
 * Why CUDA can't be used.
 *
 * @example
 * ```ts
 * const reason: CudaReason | undefined = cudaStatus().reason
 * ```
 */
export type CudaReason =
  | 'no-addon'
  | 'no-kernels'
  | 'no-driver'
  | 'driver-too-old'
  | 'driver-mismatch'
  | 'driver-error'
  | 'no-device'
  | 'unsupported-gpu'

/** A call of the driver that failed, as native/addon/cuda.cc tells it. */
export interface CudaFailure {
  error: number
  call: string
  name: string
  text: string
  /** Whether the operation had begun to write to its target. */
  wrote: boolean
}

/** What the native code answers: a status, see native/addon/status.h, or a failure. */
export type CudaOutcome = number | CudaFailure

export interface FoundDevice {
  /** By which the native code knows it. */
  number: number
  name: string
  major: number
  minor: number
  multiprocessors: number
  totalMemory: number
}

export interface Opened {
  reason: CudaReason | ''
  detail: string
  version: number
  devices: FoundDevice[]
}

/** The bytes of these arrays are what counts; the element type does not. */
type Bytes = ArrayBufferView

/** The samples of a batch: those of a plan, or what to draw them from and with which numbers. */
export interface NativeSamples {
  sampleKind: SampleKind
  /** Packed samples, the numbers of DrawSettings in native/lattice/sample_draws.h, or packed rectangles. */
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

/** Numbers of an image in an Int32Array, in the order of PackedImage in native/addon/preprocess.cc. */
export const IMAGE_FIELDS = ['height', 'width', 'channels', 'top', 'left', 'flip'] as const

/** Numbers of a channel in a Float32Array: which of the image's, and what to multiply and add. */
export const SCALE_FIELDS = ['channel', 'a', 'b'] as const

/** The places of the arguments are those of PreprocessAt in native/addon/arguments.h. */
export type PreprocessArguments<Images, Target> = [
  header: Float64Array,
  sources: Images,
  target: Target,
  images: Int32Array,
  scales: Float32Array,
  /** Masks for the result; undefined: none. */
  plan: Uint8Array | undefined,
  fill: Uint8Array,
]

/** One for each image, or one for all of them; all of bytes, or all of float32. */
type ImageArrays = readonly Bytes[]

/** What the CPU makes a batch of. */
export type HostPreprocessArguments = PreprocessArguments<ImageArrays, Bytes>

/** native/addon/cuda.cc. What is asked for asynchronously may be refused at once. */
interface NativeCuda {
  open(path: string): Opened
  prepare(device: number): CudaOutcome
  emptyCache(device: number): CudaOutcome
  /** `stream` undefined: one of ours, which is this thread's on the device. */
  allocate(device: number, bytes: number, stream: bigint | undefined): CudaMemory | CudaOutcome
  wrap(
    device: number,
    pointer: bigint,
    bytes: number,
    stream: bigint,
  ): CudaMemory | CudaOutcome | string
  /** Holds the array's memory in place while the answer, or the array, lives. */
  pin(device: number, array: Uint8Array): PinnedMemory | CudaOutcome
  pointer(memory: CudaMemory): bigint
  stream(memory: CudaMemory): bigint
  dispose(memory: CudaMemory): CudaOutcome
  upload(memory: CudaMemory, source: Bytes, pieceBytes: number, threads: number): CudaOutcome
  download(
    memory: CudaMemory,
    target: Bytes,
    pieceBytes: number,
    threads: number,
    async: boolean,
  ): CudaOutcome | Promise<CudaOutcome>
  /** No promise where all is done. */
  ready(memory: CudaMemory): CudaOutcome | Promise<CudaOutcome>
  apply(...args: ApplyArguments<CudaMemory>): CudaOutcome
  applyHost(
    ...args: [...apply: ApplyArguments<Bytes>, async: boolean]
  ): CudaOutcome | Promise<CudaOutcome>
  mix(...args: MixArguments<CudaMemory>): CudaOutcome
  mixHost(
    ...args: [...mix: MixArguments<Bytes>, async: boolean]
  ): CudaOutcome | Promise<CudaOutcome>
  preprocess(...args: PreprocessArguments<CudaMemory, CudaMemory>): CudaOutcome
  preprocessHost(...args: PreprocessArguments<ImageArrays, CudaMemory>): CudaOutcome
  /** What the crops need of the images, for `preprocess` with `cutSource` and the same target. */
  uploadImages(
    ...args: PreprocessArguments<ImageArrays, CudaMemory>
  ): CudaOutcome | Promise<CudaMemory | CudaOutcome>
}

/** All functions of native/addon/addon.cc. Of a header each reads what it has a use for. */
export interface Native {
  apply(...args: ApplyArguments<Bytes>): number
  applyAsync(...args: ApplyArguments<Bytes>): number | Promise<number>
  mix(...args: MixArguments<Bytes>): number
  mixAsync(...args: MixArguments<Bytes>): number | Promise<number>
  preprocess(...args: HostPreprocessArguments): number
  preprocessAsync(...args: HostPreprocessArguments): number | Promise<number>
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
  /** Those that run here, each of which has what the ones before it have. */
  instructionSets(): string[]
  /** The one in use. */
  instructionSet(): string
  /** Chooses one for the whole process, from the next call on. */
  useInstructions(name: string): number
  cuda: NativeCuda
}
