import { checkInteger, invalid } from '../core/check'
import { environmentNumber, parallelism, processorName } from '../core/environment'
import { fallback } from '../fallback/fallback'
import { type CudaDevice, cudaDevice, openCuda } from './cuda'
import { native } from './native'

/**
 * Where host arrays are masked: 'auto' is the CPU, 'cuda' is the first GPU.
 *
 * @example
 * ```ts
 * const device: DeviceId = 'cuda:1'
 * ```
 */
export type DeviceId = 'auto' | 'cpu' | 'cuda' | `cuda:${number}`

/**
 * The processor.
 *
 * @example
 * ```ts
 * const cpu: CpuInfo = devices()[0]
 * ```
 */
export interface CpuInfo {
  /** Its name as a `device` option. */
  id: 'cpu'
  /** The processor's name as the operating system gives it. */
  name: string
  /** Threads that work on a batch, the caller's included. */
  threads: number
  /**
   * The instruction set of the loops in use: the best one that this processor has, or the one that
   * GRIDMASK_INSTRUCTIONS names. 'none' in plain TypeScript.
   */
  instructionSet: string
  /**
   * 'native', or 'typescript' if the package has no binary for the platform: the same results, many
   * times slower.
   */
  backend: 'native' | 'typescript'
}

/**
 * A GPU.
 *
 * @example
 * ```ts
 * const gpu: CudaInfo | undefined = devices()[1]
 * ```
 */
export interface CudaInfo {
  /** Its name as a `device` option. */
  id: `cuda:${number}`
  /** The GPU's name as the driver gives it. */
  name: string
  /** Such as '9.0'. */
  computeCapability: string
  /** Bytes of its memory. */
  totalMemory: number
  /** How many multiprocessors it has. */
  multiprocessors: number
}

/**
 * A device that this process can use.
 *
 * @example
 * ```ts
 * const all: DeviceInfo[] = devices()
 * ```
 */
export type DeviceInfo = CpuInfo | CudaInfo

const MAX_THREADS = 1024

/**
 * The devices of this process: the CPU first, then the GPUs in the order of the driver. Whether
 * this build has kernels for a GPU is checked when the GPU is first used, and by {@link
 * cudaStatus}.
 *
 * @example
 * ```ts run
 * console.log(devices()[0].id)   // cpu
 * ```
 */
export function devices(): [CpuInfo, ...CudaInfo[]] {
  const cpu: CpuInfo = {
    id: 'cpu',
    name: processorName(),
    threads: native === fallback ? 1 : defaultThreads(),
    instructionSet: native.instructionSet(),
    backend: native === fallback ? 'typescript' : 'native',
  }
  const gpus = openCuda().devices.map(
    ({ name, major, minor, totalMemory, multiprocessors }, i): CudaInfo => ({
      id: `cuda:${i}`,
      name,
      computeCapability: `${major}.${minor}`,
      totalMemory,
      multiprocessors,
    }),
  )
  return [cpu, ...gpus]
}

/**
 * Checks a `device` option, and prepares the GPU that it names. Without one, host arrays stay on the CPU:
 * crossing the bus twice takes longer than masking them there.
 */
export function checkDevice(value: unknown): 'cpu' | CudaDevice {
  if (value === undefined || value === 'auto' || value === 'cpu') return 'cpu'
  return checkCudaDevice(value, ['auto', 'cpu'])
}

/** The CUDA device that a value names, ready to use. `others`: what else it might have named. */
export function checkCudaDevice(value: unknown, others: readonly string[] = []): CudaDevice {
  if (typeof value === 'string' && /^cuda(:\d+)?$/.test(value)) return cudaDevice(value)
  const code = typeof value === 'string' ? 'ERR_INVALID_ARG_VALUE' : 'ERR_INVALID_ARG_TYPE'
  const expected = [...others.map((name) => `'${name}', `), "'cuda' or 'cuda:N'"].join('')
  invalid(code, 'device', expected, value, hintOnDevice(value, others))
}

function hintOnDevice(value: unknown, others: readonly string[]): string | undefined {
  if (typeof value === 'number') return `That GPU is called 'cuda:${value}'`
  if (typeof value !== 'string') return undefined
  const name = value.toLowerCase()
  if (others.includes(name) || /^cuda(:\d+)?$/.test(name)) return `Did you mean '${name}'?`
  return name === 'gpu' || name === 'nvidia' ? "NVIDIA's GPUs are 'cuda'" : undefined
}

/** The option `threads`. */
export function checkThreads(value: unknown): number {
  return value === undefined ? defaultThreads() : checkInteger('threads', value, 1, MAX_THREADS)
}

/**
 * How many threads all asynchronous calls of all workers share. Calls on few threads each run side by
 * side.
 */
export function poolThreads(): number {
  pool ??= Math.min(parallelism(), MAX_THREADS)
  return pool
}

let pool: number | undefined
let threads: number | undefined

/** GRIDMASK_THREADS, or as many as the operating system lets this process run at once. */
export function defaultThreads(): number {
  threads ??= environmentNumber('GRIDMASK_THREADS', MAX_THREADS) ?? poolThreads()
  return threads
}
