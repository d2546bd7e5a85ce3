// The driver that these suites run on: the project's own test driver, or with GRIDMASK_TEST_GPU=1
// (`npm run test:gpu`) the one that GRIDMASK_CUDA_DRIVER names, or the system's.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { bytesPerValue } from '../../lib/core/dtype'
import type * as Library from '../../lib/index'
import type { DeviceTensor, Layout } from '../../lib/index'
import { lengthOf, shapeOf } from '../oracle'
import { formats, newArray, scramble } from '../support'

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

let usesTestDriver = false
afterAll(() => {
  // Nothing was done that a real driver need not forgive.
  if (usesTestDriver) expect((require(driverPath) as Driver).violations()).toEqual([])
})

/** The library on the driver that the suites are run for. */
export function loadLibrary(env: Record<string, string> = {}): typeof Library {
  usesTestDriver = !onGpu
  return loadOn(onGpu ? (process.env.GRIDMASK_CUDA_DRIVER ?? '') : driverPath, env)
}

/** For what only the test driver shows. */
export const onTestDriver: typeof test = onGpu ? (test.skip as typeof test) : test

interface Suite<Given, Prepared> {
  batches: fc.Arbitrary<Given>
  prepare: (library: typeof Library, given: Given) => Prepared
  /** Batches for each property. */
  runs: number
}

/**
 * The library on a driver whose streams lag behind, with chunks smaller than most batches, so that
 * samples, bands of rows and single planes are all staged; and tests of what holds for any batch.
 */
export function onDriver<Given, Prepared>({ batches, prepare, runs }: Suite<Given, Prepared>) {
  const library = loadLibrary({ GRIDMASK_CUDA_CHUNK: onGpu ? '5000' : '1000' })
  if (!onGpu) (require(driverPath) as Driver).configure({ delay: 5 })
  const property = (name: string, check: (prepared: Prepared) => unknown) =>
    test(
      name,
      () =>
        fc.assert(
          fc.asyncProperty(batches, async (given) => {
            await check(prepare(library, given))
          }),
          { numRuns: runs },
        ),
      600_000,
    )
  return { library, property }
}

/** Batches and settings of every kind; their sizes are each suite's own. */
export const anyBatch = {
  format: fc.constantFrom(...formats),
  channels: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(17, 40)),
  offset: fc.integer({ min: 0, max: 5 }),
  ratio: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
  rotate: fc.constantFrom(0, 91, 360),
  reverse: fc.boolean(),
  unitProbability: fc.constantFrom(1, 0.5, 0),
  probability: fc.constantFrom(1, 0.6),
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
}

type AnyBatch = {
  [K in keyof typeof anyBatch]: (typeof anyBatch)[K] extends fc.Arbitrary<infer T> ? T : never
}
interface Sizes {
  count: number
  height: number
  width: number
  unit: readonly [from: number, length: number]
}

/** The arrays, settings and request of such a batch. */
export function batchOf(
  { GridMask }: typeof Library,
  { format, channels, offset, unit, count, height, width, ...settings }: AnyBatch & Sizes,
  fill: number | (number | null)[] = 0,
) {
  const { dtype, layout } = format
  const batch = { count, channels, height, width, layout }
  const images = () => scramble(newArray(format, lengthOf(batch), offset), settings.seed + 1)
  const { ratio, rotate, reverse, unitProbability, probability, seed } = settings
  const options = {
    ...{ ratio, rotate, reverse, unitProbability, probability, seed, fill },
    unit: [unit[0], unit[0] + unit[1]] as const,
  }
  const cpu = new GridMask({ ...options, device: 'cpu' })
  const cuda = new GridMask({ ...options, device: 'cuda' })
  return { images, cpu, cuda, request: { shape: shapeOf(batch), layout, dtype } }
}

type TensorRequest = Parameters<typeof Library.DeviceTensor.wrap>[0]

/** Two tensors that begin in the middle of an allocation, at addresses that differ in alignment. */
export function oddTensors(
  { DeviceTensor }: typeof Library,
  { shape, layout, dtype }: Pick<TensorRequest, 'shape' | 'dtype'> & { layout: Layout },
  bytes: number,
) {
  const size = bytesPerValue[dtype]
  const rows = Math.ceil((bytes + 16) / 1024)
  const allocate = () =>
    DeviceTensor.from(new Uint8Array(rows * 1024).fill(0xa5), { shape: [1, 1, rows, 1024] })
  const memories = [allocate(), allocate()] as const
  const [source, target] = [1, 3].map((elements, i) => {
    const { pointer, stream } = memories[i] as (typeof memories)[0]
    const at = pointer + BigInt(elements * size)
    return DeviceTensor.wrap({ pointer: at, shape, dtype, layout, stream })
  }) as [DeviceTensor, DeviceTensor]
  return {
    source,
    target,
    /** Nothing but the target has been written. */
    expectRestUntouched() {
      const all = memories[1].download()
      const around = [...all.subarray(0, 3 * size), ...all.subarray(3 * size + bytes)]
      expect(around.every((byte) => byte === 0xa5)).toBe(true)
    },
    [Symbol.dispose]() {
      for (const memory of memories) memory.dispose()
    },
  }
}

export { bytesOf, expectBytes as expectSame, scramble as scrambled } from '../support'
