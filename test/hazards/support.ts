/** Memory that comes and goes. */
import { describe, test } from '@jest/globals'
import { devices } from '../../lib/index'

/** Only native code sees an array's address; docs/install.md says what cannot be detected without it. */
const isNative = devices()[0].backend === 'native'
export const describeNative: typeof describe = isNative ? describe : (describe.skip as never)
export const testNative: typeof test = isNative ? test : (test.skip as never)

/** Memory of WebAssembly, which no library but the browser's declares. */
export function webAssemblyMemory(shared = false): {
  buffer: ArrayBufferLike
  grow(n: number): void
} {
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: { Memory: new (options: object) => ReturnType<typeof webAssemblyMemory> }
  }
  return new WebAssembly.Memory({ initial: 1, maximum: 2, shared })
}

// The library of ES2023, which Node 20 goes beyond, knows no resizable buffers.
export interface ResizableBuffer extends ArrayBuffer {
  resize(bytes: number): void
}
export interface GrowableBuffer extends SharedArrayBuffer {
  grow(bytes: number): void
}
type MakeBuffer<T> = new (bytes: number, options: { maxByteLength: number }) => T

export function resizableBuffer(bytes: number, maxByteLength: number): ResizableBuffer {
  return new (ArrayBuffer as unknown as MakeBuffer<ResizableBuffer>)(bytes, { maxByteLength })
}

export function growableBuffer(bytes: number, maxByteLength: number): GrowableBuffer {
  return new (SharedArrayBuffer as unknown as MakeBuffer<GrowableBuffer>)(bytes, { maxByteLength })
}

/** Detaches an array's buffer as sending it to a worker does. */
export function detach({ buffer }: ArrayBufferView): void {
  structuredClone(undefined, { transfer: [buffer as ArrayBuffer] })
}
