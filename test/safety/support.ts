// Memory that comes and goes, and processes of their own.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect } from '@jest/globals'

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
export function runFixture(
  name: string,
  args: string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Outcome> {
  const path = join(__dirname, 'fixtures', `${name}.cjs`)
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', path, ...args], {
      env,
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
