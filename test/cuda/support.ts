// The driver that these suites run on: the project's own test driver, or with GRIDMASK_TEST_GPU=1
// (`npm run test:gpu`) the one that GRIDMASK_CUDA_DRIVER names, or the system's.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, jest, test } from '@jest/globals'
import type * as Library from '../../lib/index'

export const root = join(__dirname, '..', '..')
export const driverPath = join(root, 'build/test-driver/cuda_test_driver.node')
export const onGpu = process.env.GRIDMASK_TEST_GPU === '1'

/** The test driver's controls, test/cuda/driver/control.cc. */
export interface Driver {
  configure(settings: {
    version?: number
    devices?: number
    major?: number
    minor?: number
    memory?: number
    delay?: number
    pools?: number
  }): void
  fail(call: string, nth: number, error: number, times: number, sticky: boolean): void
  reset(): void
  stall(stream: bigint, milliseconds: number): void
  settle(): void
  log(): string[]
  violations(): string[]
  live(): Live
}

export type Live = Record<
  | 'contexts'
  | 'pushed'
  | 'pending'
  | 'modules'
  | 'allocations'
  | 'bytes'
  | 'reserved'
  | 'pinned'
  | 'streams'
  | 'events',
  number
>

export interface Fresh {
  driver: Driver
  library: typeof Library
  path: string
}

let folder: string | undefined
let copies = 0
afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true })
})

/**
 * A test driver that nobody has used yet, and the library on it. A copy of the file is a driver of
 * its own to the system's loader.
 */
export function freshDriver(
  settings: Parameters<Driver['configure']>[0] = {},
  env: Record<string, string> = {},
): Fresh {
  folder ??= mkdtempSync(join(tmpdir(), 'gridmask-driver-'))
  copies += 1
  const path = join(folder, `driver-${copies}.node`)
  copyFileSync(driverPath, path)
  const driver = require(path) as Driver
  driver.configure(settings)
  return { driver, path, library: loadOn(path, env) }
}

/** The library, with a module registry of its own, on the driver at `path`. */
export function loadOn(path: string, env: Record<string, string> = {}): typeof Library {
  Object.assign(process.env, { GRIDMASK_CUDA_DRIVER: path, GRIDMASK_CUDA_CHUNK: '', ...env })
  let library: typeof Library | undefined
  jest.isolateModules(() => {
    library = require('../../lib/index')
  })
  const loaded = library as typeof Library
  // Reads the environment now, so that the next call of this may change it.
  loaded.devices()
  return loaded
}

/** The library on the driver that the suites are run for. */
export function loadLibrary(env: Record<string, string> = {}): typeof Library {
  return loadOn(onGpu ? (process.env.GRIDMASK_CUDA_DRIVER ?? '') : driverPath, env)
}

/** For what only the test driver shows. */
export const onTestDriver: typeof test = onGpu ? (test.skip as typeof test) : test

export function bytesOf(array: ArrayBufferView): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength)
}

/** Equal bit for bit; Jest's own comparison of large arrays takes minutes where they differ. */
export function expectSame(received: ArrayBufferView, expected: ArrayBufferView): void {
  const [a, b] = [bytesOf(received), bytesOf(expected)]
  if (a.equals(b)) return
  const at = a.findIndex((byte, i) => byte !== b[i])
  expect(`byte ${at} of ${a.length}: ${a[at]}`).toBe(`byte ${at} of ${b.length}: ${b[at]}`)
}

/** Numbers that are all different, NaN patterns among them. */
export function scrambled<T extends ArrayBufferView>(array: T, seed = 1): T {
  const bytes = bytesOf(array)
  let state = seed >>> 0 || 1
  for (let i = 0; i < bytes.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state
  }
  return array
}
