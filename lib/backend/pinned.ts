/** Host memory that a device reads and writes directly. */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { GridMaskError } from '../core/errors'
import type { PinnedMemory } from '../core/native-interface'
import { type CudaDevice, cudaError, isMemory } from './cuda'
import { native } from './native'

/** The pin of each buffer's memory, kept for as long as the buffer lives. */
const pins = new WeakMap<SharedArrayBuffer, PinnedMemory>()

/**
 * Shared memory that JavaScript allocates and the driver then pins: some runtimes refuse an ArrayBuffer
 * over the driver's memory.
 */
export function allocatePinned(bytes: number, device: CudaDevice): SharedArrayBuffer {
  let buffer: SharedArrayBuffer
  try {
    buffer = new SharedArrayBuffer(bytes)
  } catch (cause) {
    throw new GridMaskError('ERR_OUT_OF_RANGE', `Could not allocate ${bytes} bytes`, { cause })
  }
  if (bytes === 0) return buffer
  // Native code holds a second buffer, so that the memory outlives the first until it is unpinned.
  const pin = native.cuda.pin(device.number, new Uint8Array(secondOf(buffer)))
  if (!isMemory(pin)) {
    throw cudaError(pin, `pinning ${bytes} bytes of host memory for ${device.id}`)
  }
  pins.set(buffer, pin)
  return buffer
}

/** Another buffer over the same memory. */
function secondOf(buffer: SharedArrayBuffer): SharedArrayBuffer {
  const { port1, port2 } = new MessageChannel()
  port1.postMessage(buffer)
  const received = receiveMessageOnPort(port2) as { message: SharedArrayBuffer }
  port1.close()
  return received.message
}
