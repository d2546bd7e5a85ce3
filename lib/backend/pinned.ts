/** Memory of the host that a device reads and writes itself. */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { GridMaskError } from '../core/errors'
import type { PinnedMemory } from '../core/native-interface'
import { type CudaDevice, cudaError, isMemory } from './cuda'
import { native } from './native'

/** What pins the memory of a buffer, for as long as somebody has the buffer. */
const pins = new WeakMap<SharedArrayBuffer, PinnedMemory>()

/**
 * Shared memory of JavaScript's own, pinned where it lies: memory of the driver's under an
 * ArrayBuffer is what some runtimes refuse.
 */
export function allocatePinned(bytes: number, device: CudaDevice): SharedArrayBuffer {
  let buffer: SharedArrayBuffer
  try {
    buffer = new SharedArrayBuffer(bytes)
  } catch (cause) {
    throw new GridMaskError('ERR_OUT_OF_RANGE', `Could not allocate ${bytes} bytes`, { cause })
  }
  if (bytes === 0) return buffer
  // Native code holds the second, so that the memory outlives the first until it is unpinned.
  const pin = native.cuda.pin(device.number, new Uint8Array(secondOf(buffer)))
  if (!isMemory(pin)) {
    throw cudaError(pin, `pinning ${bytes} bytes of the host's memory for ${device.id}`)
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
