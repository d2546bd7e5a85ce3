/**
 * CUDA as this process finds it: which devices there are, or why there are none, and the driver's errors in
 * words. Nothing here touches CUDA before it is called.
 */

import { environmentNumber, environmentVariable } from '../core/environment'
import { type ErrorCode, GridMaskError } from '../core/errors'
import {
  type CudaMemory,
  type CudaOutcome,
  type CudaReason,
  DONE,
  type FoundDevice,
  type Opened,
  OUT_OF_HOST_MEMORY,
  OVERLAP,
  type PinnedMemory,
  TOO_LARGE,
} from '../core/native-interface'
import { native } from './native'

/**
 * Whether CUDA can be used, and if not, why not.
 *
 * @example
 * ```ts
 * const { available, message }: CudaStatus = cudaStatus()
 * ```
 */
export interface CudaStatus {
  /** Whether it can be used. */
  available: boolean
  /** Why not, for programs. Left out if CUDA is available. */
  reason?: CudaReason
  /** For people: what there is, or what is missing and what to do. */
  message: string
  /** The newest CUDA version that the driver supports, such as '13.0'. Left out if there is no driver. */
  driverVersion?: string
}

/** A CUDA device that is ready to use. */
export interface CudaDevice {
  id: `cuda:${number}`
  number: number
}

let found: Opened | undefined

/** The devices, or why there are none. A failure is tried again: a driver may have been installed. */
export function openCuda(): Opened {
  if (found === undefined || found.reason !== '') {
    found = native.cuda.open(environmentVariable('GRIDMASK_CUDA_DRIVER') ?? '')
  }
  return found
}

/**
 * Whether CUDA can be used, and if not, why not. Loads the driver and, on the first device that can run
 * them, the kernels, so the first call may take some tenths of a second. Never throws.
 *
 * @example
 * ```ts
 * const { available, message } = cudaStatus()
 * if (!available) console.error(message)
 * ```
 */
export function cudaStatus(): CudaStatus {
  const opened = openCuda()
  const version = opened.version === 0 ? {} : { driverVersion: versionText(opened.version) }
  if (opened.reason !== '') {
    const message = adviceOn(opened.reason, opened.detail, opened)
    return { available: false, reason: opened.reason, message, ...version }
  }
  let first: CudaStatus | undefined
  for (const [ordinal, device] of opened.devices.entries()) {
    const outcome = native.cuda.prepare(device.number)
    if (outcome === DONE) {
      const message = `cuda:${ordinal} is ${describe(device)}`
      return { available: true, message, ...version }
    }
    first ??= { ...statusOf(outcome, opened, ordinal), ...version }
  }
  return first as CudaStatus
}

/** The device that `id` names, 'cuda' or 'cuda:N', ready to be used. */
export function cudaDevice(id: string): CudaDevice {
  const opened = openCuda()
  if (opened.reason !== '') {
    throw unavailable(id, opened.reason, adviceOn(opened.reason, opened.detail, opened))
  }
  const ordinal = id === 'cuda' ? 0 : Number(id.slice('cuda:'.length))
  const device = opened.devices[ordinal]
  if (device === undefined) {
    const last = opened.devices.length - 1
    const there = last === 0 ? 'only cuda:0' : `cuda:0 to cuda:${last}`
    throw unavailable(
      id,
      'no-device',
      `There is ${there}. CUDA_VISIBLE_DEVICES limits which devices are visible`,
    )
  }
  const outcome = native.cuda.prepare(device.number)
  if (outcome !== DONE) {
    const status = statusOf(outcome, opened, ordinal)
    if (status.reason === 'driver-error') throw cudaError(outcome, `preparing cuda:${ordinal}`)
    throw unavailable(id, status.reason, status.message)
  }
  return { id: `cuda:${ordinal}`, number: device.number }
}

function unavailable(id: string, reason: CudaReason | undefined, message: string): GridMaskError {
  return new GridMaskError('ERR_CUDA_UNAVAILABLE', `Device '${id}': ${reason}. ${message}`)
}

function versionText(version: number): string {
  return `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`
}

/** Codes with which a driver refuses a kernel image: it has nothing for this GPU, or is too new. */
const NO_BINARY_FOR_GPU = 209
const INVALID_PTX = 218
const UNSUPPORTED_PTX_VERSION = 222

/** Why a device could not be prepared. */
function statusOf(outcome: CudaOutcome, opened: Opened, ordinal: number): CudaStatus {
  const device = opened.devices[ordinal] as FoundDevice
  if (typeof outcome === 'number') {
    const message = adviceOn('driver-error', `status ${outcome}`, opened)
    return { available: false, reason: 'driver-error', message }
  }
  let reason: CudaReason = 'driver-error'
  let detail = `${outcome.call}: ${outcome.name}`
  if (outcome.call === 'cuModuleLoadData') {
    if (outcome.error === NO_BINARY_FOR_GPU || outcome.error === INVALID_PTX) {
      reason = 'unsupported-gpu'
      detail = describe(device)
    } else if (outcome.error === UNSUPPORTED_PTX_VERSION) {
      reason = 'driver-too-old'
    }
  }
  return { available: false, reason, message: adviceOn(reason, detail, opened) }
}

/** What is missing, and what to do. */
function adviceOn(reason: CudaReason, detail: string, { version }: Opened): string {
  const driver = version === 0 ? 'the NVIDIA driver' : `the NVIDIA driver (${versionText(version)})`
  switch (reason) {
    case 'no-addon':
      return 'CUDA needs the native addon of gridmask, but plain TypeScript is in use here'
    case 'no-kernels':
      return (
        'This build of gridmask has no CUDA kernels. Use a prebuilt one, or build it with nvcc ' +
        'on the PATH'
      )
    case 'no-driver':
      return (
        `No NVIDIA driver could be loaded (${detail}). Install NVIDIA's driver for the GPU; in a ` +
        'container, start it with the NVIDIA Container Toolkit, such as `docker run --gpus all`'
      )
    case 'driver-too-old':
      return (
        `${capital(driver)} is too old for the kernels of this build (${detail}). Update it, or ` +
        'build gridmask with an older CUDA toolkit'
      )
    case 'driver-mismatch':
      return (
        `The NVIDIA driver's library does not match the running kernel module (${detail}), as ` +
        "happens after an update. Restart the machine, or in a container use the host's library"
      )
    case 'no-device':
      return (
        `${capital(driver)} finds no GPU (${detail}). Check whether \`nvidia-smi\` lists one, what ` +
        'CUDA_VISIBLE_DEVICES says, and whether the container has GPUs'
      )
    case 'unsupported-gpu':
      return (
        `This build of gridmask has no kernels for the GPU (${detail}). Build it with a CUDA ` +
        "toolkit that supports the GPU, or use device 'cpu'"
      )
    case 'driver-error':
      return `CUDA could not be started (${detail}). Check whether \`nvidia-smi\` works`
  }
}

function describe({ name, major, minor }: FoundDevice): string {
  return `${name}, compute capability ${major}.${minor}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const OUT_OF_MEMORY = 2

/** Errors after which a context no longer works. */
const lasting = new Set([4, 214, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 720])

/** Whether the context is lost, and with it everything in the device's memory. */
export function isLost(outcome: CudaOutcome): boolean {
  return typeof outcome === 'object' && lasting.has(outcome.error)
}

/** A failure in words. `after` says what has changed for the caller. */
export function cudaError(outcome: CudaOutcome, doing: string, after = ''): GridMaskError {
  if (typeof outcome === 'number') {
    if (outcome === TOO_LARGE) {
      return new GridMaskError(
        'ERR_OUT_OF_RANGE',
        `Expected rows below 2 GiB and samples below 64 GiB for CUDA, while ${doing}`,
      )
    }
    if (outcome === OVERLAP) {
      return new GridMaskError(
        'ERR_OVERLAP',
        'Expected `out` to be the memory of `images` or separate from it, but the two partly overlap',
      )
    }
    if (outcome === OUT_OF_HOST_MEMORY) {
      return new GridMaskError('ERR_ALLOCATION', `The host ran out of memory while ${doing}`)
    }
    throw new Error(`gridmask's native code refused arguments that had been checked (${outcome})`)
  }
  const { error, call, name, text } = outcome
  const description = text === '' ? '' : ` (${text})`
  const stays = lasting.has(error)
    ? ". The device's context is lost to this process: start a new process, or use device 'cpu'"
    : ''
  const code: ErrorCode = error === OUT_OF_MEMORY ? 'ERR_CUDA_OUT_OF_MEMORY' : 'ERR_CUDA'
  return new GridMaskError(
    code,
    `${call} failed with ${name}${description} while ${doing}${stays}${outcome.wrote ? after : ''}`,
  )
}

/** Whether native code returned memory, and not the reason why there is none. */
export function isMemory<M extends CudaMemory | PinnedMemory>(
  answer: M | CudaOutcome,
): answer is M {
  return typeof answer === 'object' && !('call' in answer)
}

export function expectCuda(outcome: CudaOutcome, doing: string, after?: string): void {
  if (outcome !== DONE) throw cudaError(outcome, doing, after)
}

let chunk: number | undefined

/** Bytes of a host array that are staged at a time: GRIDMASK_CUDA_CHUNK, or 4 MiB. */
export function chunkBytes(): number {
  chunk ??= environmentNumber('GRIDMASK_CUDA_CHUNK', 2 ** 30) ?? 4 * 2 ** 20
  return chunk
}
