/**
 * What the native addon offers, native/addon/, and answers: types, and the numbers that mean something.
 */

// The Status of native/addon/request.h.
export const DONE = 0
export const OVERLAP = 2
export const TOO_LARGE = 4
export const OUT_OF_HOST_MEMORY = 5

/** A fill as native code takes it: the bytes of a pixel in all channels, or noise. */
export type EncodedFill = Uint8Array | Float32Array

/** What holds memory on a device, as native/addon/cuda.cc makes it. */
export type CudaMemory = object & { readonly cudaMemory: never }

/** Why CUDA can't be used. */
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

/** What the native code answers: a status, see native/addon/request.h, or a failure. */
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
