import { availableParallelism, cpus } from 'node:os'
import { checkInteger, invalid } from './check'
import { GridMaskError } from './errors'
import { native } from './native'

/** Where masks are applied. */
export type DeviceId = 'auto' | 'cpu' | 'cuda' | `cuda:${number}`

/** A device that this process can use. */
export interface DeviceInfo {
  id: 'cpu'
  /** The processor's name as the operating system gives it. */
  name: string
  /** Threads that work on a batch, the caller's included. */
  threads: number
  /** The instruction set of the inner loops: the best of those built in that runs here. */
  instructionSet: string
}

/** Whether CUDA can be used, and if not, why not. */
export interface CudaStatus {
  available: boolean
  /** For programs. 'no-kernels': this build of the package has no CUDA backend. */
  reason: 'no-kernels'
  /** For people: what is missing and what to do. */
  message: string
}

const MAX_THREADS = 1024

/** The devices that this process can use, the CPU first. */
export function devices(): DeviceInfo[] {
  return [
    {
      id: 'cpu',
      name: cpus()[0]?.model.trim() || 'unknown processor',
      threads: defaultThreads(),
      instructionSet: native.instructionSet,
    },
  ]
}

/** Whether CUDA can be used, and if not, why not. Never throws. */
export function cudaStatus(): CudaStatus {
  return {
    available: false,
    reason: 'no-kernels',
    message: "This version of gridmask has no CUDA backend. Use device 'cpu' or 'auto'",
  }
}

/** Checks a `device` option. Today everything that is available runs on the CPU. */
export function checkDevice(value: unknown): void {
  if (value === undefined || value === 'auto' || value === 'cpu') return
  if (typeof value === 'string' && /^cuda(:\d+)?$/.test(value)) {
    const { reason, message } = cudaStatus()
    throw new GridMaskError('ERR_CUDA_UNAVAILABLE', `Device '${value}': ${reason}. ${message}`)
  }
  const code = typeof value === 'string' ? 'ERR_INVALID_ARG_VALUE' : 'ERR_INVALID_ARG_TYPE'
  invalid(code, 'device', "'auto', 'cpu', 'cuda' or 'cuda:N'", value)
}

export function checkThreads(name: string, value: unknown): number {
  return checkInteger(name, value, 1, MAX_THREADS)
}

let threads: number | undefined

/** GRIDMASK_THREADS, else what the operating system lets this process run at a time. */
export function defaultThreads(): number {
  if (threads === undefined) {
    const text = process.env.GRIDMASK_THREADS
    threads =
      text === undefined || text === ''
        ? Math.min(availableParallelism(), MAX_THREADS)
        : checkThreads('GRIDMASK_THREADS', /^\d+$/.test(text) ? Number(text) : text)
  }
  return threads
}
