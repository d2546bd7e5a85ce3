// What the safety tests share.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { keepsPixel } from '../../lib/fallback/reference'
import {
  type DType,
  type ErrorCode,
  type ImageArray,
  type Layout,
  Plan,
  type SampleParams,
  type Shape,
} from '../../lib/index'

/** Drops about a sixth of any image, at an angle, so that no row is like the next. */
export const params: SampleParams = { d: 5, ratio: 0.6, deltaX: 1, deltaY: 3, angle: 30 }

/** For `toThrow` and `rejects.toThrow`: an error by its code. */
export const code = (expected: ErrorCode) => expect.objectContaining({ code: expected })

// Node 24 has it.
const { Float16Array } = globalThis as unknown as { Float16Array?: ViewOf<ImageArray> }

/** Each kind of array that can hold images, with the integers that show its bits. */
export const kinds: readonly Kind[] = [
  { name: 'Float32Array', View: Float32Array, Bits: Uint32Array, dtype: 'float32' },
  { name: 'Uint8Array', View: Uint8Array, Bits: Uint8Array, dtype: 'uint8' },
  { name: 'Uint8ClampedArray', View: Uint8ClampedArray, Bits: Uint8Array, dtype: 'uint8' },
  { name: 'Uint16Array, float16', View: Uint16Array, Bits: Uint16Array, dtype: 'float16' },
  { name: 'Uint16Array, bfloat16', View: Uint16Array, Bits: Uint16Array, dtype: 'bfloat16' },
  ...(Float16Array === undefined
    ? []
    : [{ name: 'Float16Array', View: Float16Array, Bits: Uint16Array, dtype: 'float16' } as const]),
]

export interface Kind {
  name: string
  View: ViewOf<ImageArray>
  Bits: ViewOf<Bits>
  dtype: DType
}

interface ViewOf<T> {
  new (buffer: ArrayBufferLike, offset?: number, length?: number): T
  readonly BYTES_PER_ELEMENT: number
}

type Bits = Uint8Array | Uint16Array | Uint32Array

// A global of Jest's realm takes long to look up.
const { imul } = Math

/** Fills an array with bytes that show where they belong: hardly a stretch is like another. */
export function scramble<T extends ArrayBufferView>(array: T, seed = 1): T {
  const bytes = viewOf(array)
  for (let i = 0; i < bytes.length; i++) bytes[i] = imul(i + seed, 2654435761) >>> 17
  return array
}

function viewOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** A copy of an array's bytes. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return viewOf(array).slice()
}

/** Expects the same bytes. `toEqual` alone takes a microsecond for each. */
export function expectBytes(received: ArrayBufferView, expected: ArrayBufferView): void {
  const [a, b] = [viewOf(received), viewOf(expected)]
  if (Buffer.compare(a, b) !== 0) expect(a).toEqual(b)
}

/**
 * What masking must make of a batch, by the definition, pixel by pixel: on integers, since a copy of
 * a float need not keep its bits.
 */
export function maskedBits<T extends Bits>(
  before: T,
  [count, second, third, fourth]: Shape,
  samples: readonly SampleParams[] = Array.from({ length: count }, () => params),
  fill = 0,
  layout: Layout = 'NCHW',
): T {
  const [channels, height, width] =
    layout === 'NCHW' ? [second, third, fourth] : [fourth, second, third]
  const after = before.slice() as T
  const pixels = height * width
  for (const [i, sample] of [...Plan.from(samples)].entries()) {
    const keeps = keepsPixel(sample, [height, width])
    for (let pixel = 0; pixel < pixels; pixel++) {
      if (keeps(pixel % width, Math.floor(pixel / width))) continue
      for (let c = 0; c < channels; c++) {
        const at = layout === 'NCHW' ? c * pixels + pixel : pixel * channels + c
        after[i * channels * pixels + at] = fill
      }
    }
  }
  return after
}

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

/** Detaches a buffer as sending it to a worker does. */
export function detach(buffer: ArrayBufferLike): void {
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
}

export interface Outcome {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** A process that ended by itself, without a complaint. */
export const clean = (exitCode = 0, stdout: unknown = expect.any(String)) => ({
  code: exitCode,
  signal: null,
  stdout,
  stderr: '',
})

/**
 * Runs fixtures/<name>.cjs in a process of its own: what would crash there must not take Jest along,
 * and Jest's realm must not matter.
 */
export function runFixture(name: string, ...args: string[]): Promise<Outcome> {
  const path = join(__dirname, 'fixtures', `${name}.cjs`)
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', path, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 30_000,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}
