/**
 * The interface of the native addon, native/addon/: its functions, their types, and the status numbers.
 */
import type { BatchHeader, SampleKind } from './batch-header'

// Values of Status in native/addon/status.h.
export const DONE = 0
export const OVERLAP = 2
export const TOO_LARGE = 4
export const OUT_OF_HOST_MEMORY = 5

/**
 * A fill as native code takes it: the bytes of a pixel in all channels, or noise. If some channels stay as
 * they are, as many bytes again say which are filled.
 */
export type EncodedFill = Uint8Array | Float32Array

/** A handle to memory on a device, made by native/addon/cuda.cc. */
export type CudaMemory = object & { readonly cudaMemory: never }

/**
 * Where a call puts its result: into memory, or into new memory, which it returns, on the stream given or
 * on our own.
 */
export type CudaTarget = CudaMemory | bigint | undefined

/** A handle that keeps host memory pinned. */
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

/** A failed driver call, as native/addon/cuda.cc reports it. */
export interface CudaFailure {
  error: number
  call: string
  name: string
  text: string
  /** Whether the operation had begun to write to its target. */
  wrote: boolean
}

/** What native code returns: a status of native/addon/status.h, or a failure. */
export type CudaOutcome = number | CudaFailure

export interface FoundDevice {
  /** The device's number in native code. */
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

/** Only the bytes of these arrays count, not their element type. */
type Bytes = ArrayBufferView

/**
 * The samples of a batch: those of a plan, or the settings and numbers to draw them from. The next batch of
 * the same augmentation may overwrite the settings.
 */
export interface NativeSamples {
  sampleKind: SampleKind
  /** Packed samples, the numbers of DrawSettings in native/lattice/sample_draws.h, or packed rectangles. */
  data: Uint8Array | Float64Array | Uint32Array
  /** The number of the first sample that is drawn, without `indices`. */
  first: number
  indices: Float64Array | undefined
}

/** In the order of ApplyAt in native/addon/arguments.h. */
type ApplyArguments<Images, Target = Images> = [
  header: Float64Array,
  source: Images,
  target: Target,
  samples: NativeSamples['data'],
  indices: Float64Array | undefined,
  fill: EncodedFill,
]

/** In the order of MixAt in native/addon/arguments.h. */
type MixArguments<Images, Target = Images> = [
  header: Float64Array,
  source: Images,
  target: Target,
  samples: NativeSamples['data'],
  indices: Float64Array | undefined,
  partner: Int32Array,
]

/** The numbers of an image's size in an Int32Array, as PackedSize in native/addon/preprocess_arguments.cc. */
export const SIZE_FIELDS = ['height', 'width', 'channels'] as const

/** The numbers of a crop in an Int32Array: its corner in the padded image, and 1 if it is mirrored. */
export const CROP_FIELDS = ['top', 'left', 'flip'] as const

/** The numbers of one channel in a Float32Array: the image's channel, then the factor and the summand. */
export const SCALE_FIELDS = ['channel', 'a', 'b'] as const

/** In the order of PreprocessAt in native/addon/arguments.h. */
export type PreprocessArguments<Images, Target> = [
  header: Float64Array,
  sources: Images,
  target: Target,
  /** One size for each image, or one for all. */
  sizes: Int32Array,
  /** A plan's, or the settings to draw them from: `packCropSettings()` in lib/plan/crop.ts. */
  crops: Int32Array | Float64Array,
  scales: Float32Array,
  /** Masks of the result, or none. */
  samples: NativeSamples['data'] | undefined,
  /** For all that is drawn. */
  indices: Float64Array | undefined,
  fill: Uint8Array,
]

/** One array for each image, or one for all of them; all bytes, or all float32. */
type ImageArrays = readonly Bytes[]

/** What the CPU makes a batch from. */
export type HostPreprocessArguments = PreprocessArguments<ImageArrays, Bytes>

/** The functions of native/addon/cuda.cc. An asynchronous call may fail at once, without a promise. */
interface NativeCuda {
  open(path: string): Opened
  prepare(device: number): CudaOutcome
  emptyCache(device: number): CudaOutcome
  /** Without `stream`: on our own stream for this thread and device. */
  allocate(device: number, bytes: number, stream: bigint | undefined): CudaMemory | CudaOutcome
  wrap(
    device: number,
    pointer: bigint,
    bytes: number,
    stream: bigint,
  ): CudaMemory | CudaOutcome | string
  /** Pins the array's memory for as long as the returned handle, or the array, lives. */
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
  /** Returns no promise if all work is done. */
  ready(memory: CudaMemory): CudaOutcome | Promise<CudaOutcome>
  apply(...args: ApplyArguments<CudaMemory, CudaTarget>): CudaMemory | CudaOutcome
  applyHost(
    ...args: [...apply: ApplyArguments<Bytes>, async: boolean]
  ): CudaOutcome | Promise<CudaOutcome>
  mix(...args: MixArguments<CudaMemory, CudaTarget>): CudaMemory | CudaOutcome
  mixHost(
    ...args: [...mix: MixArguments<Bytes>, async: boolean]
  ): CudaOutcome | Promise<CudaOutcome>
  preprocess(...args: PreprocessArguments<CudaMemory, CudaTarget>): CudaMemory | CudaOutcome
  preprocessHost(...args: PreprocessArguments<ImageArrays, CudaMemory>): CudaOutcome
  /** Uploads what the crops need of the images, for `preprocess` with `cutSource` and the same target. */
  uploadImages(
    ...args: PreprocessArguments<ImageArrays, CudaMemory>
  ): CudaOutcome | Promise<CudaMemory | CudaOutcome>
}

/** All functions of native/addon/addon.cc. Each reads only the header fields that it needs. */
export interface Native {
  apply(...args: ApplyArguments<Bytes>): number
  applyAsync(...args: ApplyArguments<Bytes>): number | Promise<number>
  /** Writes to `lambda`, which holds ones, which fraction of its own pixels each sample keeps. */
  mix(...args: [...MixArguments<Bytes>, lambda: Float64Array]): number
  mixAsync(...args: [...MixArguments<Bytes>, lambda: Float64Array]): number | Promise<number>
  preprocess(...args: HostPreprocessArguments): number
  preprocessAsync(...args: HostPreprocessArguments): number | Promise<number>
  draw(
    header: Float64Array,
    settings: NativeSamples['data'],
    indices: Float64Array | undefined,
    plan: Uint8Array,
  ): number
  drawPartner(
    header: Float64Array,
    samples: NativeSamples['data'],
    indices: Float64Array | undefined,
    partner: Int32Array,
  ): number
  countKept(
    header: Float64Array,
    sample: Uint8Array | Uint32Array,
    boxes: Int32Array,
    counts: Float64Array,
  ): number
  countSamples(
    header: Float64Array,
    samples: NativeSamples['data'],
    indices: Float64Array | undefined,
    counts: Float64Array,
  ): number
  /** Wakes a thread for a call that follows within microseconds. */
  expectJob(): number
  useLargePages(array: Bytes): number
  readHeader(header: Float64Array): BatchHeader
  /** The sets that this processor runs; each includes the ones before it. */
  instructionSets(): string[]
  /** The set in use. */
  instructionSet(): string
  /** Chooses a set for the whole process, from the next call on. */
  useInstructions(name: string): number
  cuda: NativeCuda
}
