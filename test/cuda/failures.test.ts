// Each call of the driver that an operation makes fails in turn. Whatever happens then: the error is
// told as ours, nothing leaks, no half-written array passes as a result, the next call works.
import { describe, expect } from '@jest/globals'
import type { DeviceTensor, GridMask } from '../../lib/index'
import {
  expectSame,
  type Fresh,
  freshDriver,
  type Live,
  onGpu,
  onTestDriver,
  scrambled,
} from './support'

// Several pieces of a batch are under way when a call fails.
const chunks = { GRIDMASK_CUDA_CHUNK: '3000', GRIDMASK_THREADS: '1' }

const OUT_OF_MEMORY = 2
const UNKNOWN = 999

/** What these were to give back is lost where they fail: to ask twice may be to free another's. */
const releases = new Set([
  'cuMemFree',
  'cuMemFreeAsync',
  'cuMemFreeHost',
  'cuMemHostUnregister',
  'cuStreamDestroy',
  'cuEventDestroy',
])

const shape = [3, 2, 31, 33] as const
const length = 3 * 2 * 31 * 33
const options = { ratio: 0.5, unit: [5, 20], rotate: 360, seed: 11 } as const
const newImages = () => scrambled(new Float32Array(length), 9)

interface Scene extends Fresh {
  gridmask: GridMask
  expected: Float32Array
}

interface Operation {
  /** What there is before: it is not what fails. */
  before?: (scene: Scene) => DeviceTensor[]
  /** What is made of the batch. Default: the masked batch. */
  expected?: (scene: Scene) => Float32Array
  /** On streams: what was asked for before an error may still be under way after it. */
  queues?: true
  /** Returns what must equal that. */
  run: (scene: Scene, tensors: DeviceTensor[]) => unknown
}

const upload = ({ library }: Scene, stream?: bigint) =>
  library.DeviceTensor.from(newImages(), { shape, ...(stream === undefined ? {} : { stream }) })

function uploadMasked(scene: Scene): DeviceTensor {
  const tensor = upload(scene)
  return scene.gridmask.apply(tensor, { index: 0, out: tensor })
}

/** As a `using` declaration does, which Node 20 lacks, less the joining of two errors. */
function disposing<T>(tensor: DeviceTensor, use: (tensor: DeviceTensor) => T): T {
  let result: T
  try {
    result = use(tensor)
  } catch (error) {
    try {
      tensor.dispose()
    } catch {}
    throw error
  }
  tensor.dispose()
  return result
}

const operations: Record<string, Operation> = {
  'apply() to a new array': {
    run: ({ gridmask }) => gridmask.apply(newImages(), { shape, index: 0 }),
  },
  'apply() in place': {
    run({ gridmask, expected }) {
      const images = newImages()
      try {
        return gridmask.apply(images, { shape, index: 0, out: images })
      } catch (error) {
        // Each value is as it was or as it will be, and the message says which it may be.
        const original = newImages()
        const [is, was, willBe] = [images, original, expected].map(words)
        const changed = (is as Uint32Array).some((word, i) => word !== was?.[i])
        expect((is as Uint32Array).every((w, i) => w === was?.[i] || w === willBe?.[i])).toBe(true)
        if (changed) expect((error as Error).message).toMatch('has been masked in part')
        throw error
      }
    },
  },
  'apply() into an array': {
    run({ gridmask }) {
      const out = new Float32Array(length)
      try {
        return gridmask.apply(newImages(), { shape, index: 0, out })
      } catch (error) {
        if (words(out).some((word) => word !== 0)) {
          expect((error as Error).message).toMatch('has been written in part')
        }
        throw error
      }
    },
  },
  'applyAsync()': {
    async run({ gridmask }) {
      const images = newImages()
      try {
        return await gridmask.applyAsync(images, { shape, index: 0 })
      } catch (error) {
        expect(images.length).toBe(0)
        const { array } = error as { array?: Float32Array }
        expect(array?.length).toBe(length)
        throw error
      }
    },
  },
  'DeviceTensor.from() and download()': {
    queues: true,
    run(scene) {
      const images = disposing(upload(scene), (tensor) => tensor.download())
      expectSame(images, newImages())
      return scene.expected
    },
  },
  'download()': {
    before: (scene) => [uploadMasked(scene)],
    run(_, [tensor]) {
      const out = new Float32Array(length)
      try {
        return tensor?.download({ out })
      } catch (error) {
        if (words(out).some((word) => word !== 0)) {
          expect((error as Error).message).toMatch('`out` was written in part')
        }
        throw error
      }
    },
  },
  'downloadAsync()': {
    queues: true,
    before: (scene) => [uploadMasked(scene)],
    run: (_, [tensor]) => tensor?.downloadAsync(),
  },
  'apply() on a tensor': {
    queues: true,
    before: (scene) => [upload(scene)],
    run({ gridmask }, [tensor]) {
      const masked = gridmask.apply(tensor as DeviceTensor, { index: 0 })
      return disposing(masked, (result) => result.download())
    },
  },
  'applyAsync() on a tensor in place': {
    queues: true,
    before: (scene) => [upload(scene)],
    async run({ gridmask }, [tensor]) {
      await gridmask.applyAsync(tensor as DeviceTensor, { index: 0, out: tensor as DeviceTensor })
      return (tensor as DeviceTensor).downloadAsync()
    },
  },
  'gridmix() to a new array': {
    queues: true,
    expected: mixed,
    run: ({ gridmask }) => gridmask.gridmix(newImages(), { shape, index: 0 }).images,
  },
  'gridmix() in place': {
    queues: true,
    expected: mixed,
    run(scene) {
      const images = newImages()
      try {
        return scene.gridmask.gridmix(images, { shape, index: 0, out: images }).images
      } catch (error) {
        const original = newImages()
        const [is, was, willBe] = [images, original, mixed(scene)].map(words)
        expect((is as Uint32Array).every((w, i) => w === was?.[i] || w === willBe?.[i])).toBe(true)
        if ((is as Uint32Array).some((word, i) => word !== was?.[i])) {
          expect((error as Error).message).toMatch('has been mixed in part')
        }
        throw error
      }
    },
  },
  'gridmixAsync()': {
    queues: true,
    expected: mixed,
    async run({ gridmask }) {
      const images = newImages()
      try {
        return (await gridmask.gridmixAsync(images, { shape, index: 0 })).images
      } catch (error) {
        expect(images.length).toBe(0)
        expect((error as { array?: Float32Array }).array?.length).toBe(length)
        throw error
      }
    },
  },
  'gridmix() on a tensor': {
    queues: true,
    before: (scene) => [upload(scene)],
    expected: mixed,
    run({ gridmask }, [tensor]) {
      const { images } = gridmask.gridmix(tensor as DeviceTensor, { index: 0 })
      return disposing(images, (result) => result.download())
    },
  },
  'gridmixAsync() on a tensor in place': {
    queues: true,
    before: (scene) => [upload(scene)],
    expected: mixed,
    async run({ gridmask }, [tensor]) {
      const out = tensor as DeviceTensor
      await gridmask.gridmixAsync(out, { index: 0, out })
      return out.downloadAsync()
    },
  },
  'Preprocessor.apply()': {
    queues: true,
    expected: made,
    run({ library }) {
      const { shape: of, bytes } = decoded
      const request = { shape: of, index: 0, device: 'cuda' } as const
      const batch = new library.Preprocessor(preparation).apply(bytes(), request)
      return disposing(batch, (result) => result.download())
    },
  },
  'Preprocessor.applyAsync()': {
    queues: true,
    expected: made,
    async run({ library }) {
      const { shape: of, bytes } = decoded
      const request = { shape: of, index: 0, device: 'cuda' } as const
      const images = bytes()
      const preprocessor = new library.Preprocessor(preparation)
      const batch = await preprocessor.applyAsync(images, request).catch((error) => {
        // Taken and given back, or not taken yet.
        const back = images.length === 0 ? (error as { array?: Uint8Array }).array : images
        expectSame(back as Uint8Array, bytes())
        throw error
      })
      return disposing(batch, (result) => result.download())
    },
  },
  'tensors of other streams': {
    queues: true,
    before: (scene) => [upload(scene, 0n), upload(scene, 1n)],
    run({ library, gridmask }, [first, second]) {
      const wrap = (tensor: DeviceTensor | undefined, stream: bigint) =>
        library.DeviceTensor.wrap({
          pointer: tensor?.pointer as bigint,
          ...{ shape, dtype: 'float32', stream },
        })
      const out = wrap(second, 1n)
      return gridmask.apply(wrap(first, 0n), { index: 0, out }).download()
    },
  },
}

const decoded = {
  shape: [3, 31, 33, 2] as const,
  bytes: () => scrambled(new Uint8Array(length), 7),
}
const preparation = {
  ...{ padding: 1, size: [31, 33], flip: 0.5 },
  gridmask: { ratio: 0.5, unit: [5, 20], rotate: 360 },
} as const

/** Three images made by the CPU. */
function made({ library }: Scene): Float32Array {
  const { shape: of, bytes } = decoded
  return new library.Preprocessor(preparation).apply(bytes(), { shape: of, index: 0 })
}

/** The batch mixed by the CPU. */
function mixed({ library }: Scene): Float32Array {
  const cpu = new library.GridMask({ ...options, device: 'cpu' })
  return cpu.gridmix(newImages(), { shape, index: 0 }).images
}

function words(array: Float32Array): Uint32Array {
  return new Uint32Array(array.buffer, array.byteOffset, array.length)
}

function newScene(): Scene {
  const fresh = freshDriver({ delay: 100, devices: 2 }, chunks)
  const { DeviceTensor, GridMask } = fresh.library
  // The thread keeps the context of the first device that it works on. Others' are pushed and popped.
  DeviceTensor.from(newImages(), { shape, device: 'cuda:1' }).dispose()
  const cpu = new GridMask({ ...options, device: 'cpu' })
  const expected = cpu.apply(newImages(), { shape, index: 0 })
  return { ...fresh, gridmask: new GridMask({ ...options, device: 'cuda' }), expected }
}

async function attempt(scene: Scene, operation: Operation, failing: () => void) {
  const tensors = operation.before?.(scene) ?? []
  scene.driver.settle()
  scene.driver.reset()
  failing()
  const expected = operation.expected?.(scene) ?? scene.expected
  let error: unknown
  try {
    expectSame((await operation.run(scene, tensors)) as Float32Array, expected)
  } catch (thrown) {
    error = thrown
  }
  const { pending } = scene.driver.live()
  scene.driver.settle()
  const log = scene.driver.log()
  const violations = scene.driver.violations()
  scene.driver.reset()
  for (const tensor of tensors) tensor.dispose()
  scene.driver.settle()
  return { error, log, violations, pending }
}

/** What is held, but for what the driver's pool keeps, which is as much as was ever in use. */
function held({ driver }: Fresh): Partial<Live> {
  const { reserved: _, ...rest } = driver.live()
  return rest
}

const describeHere = onGpu ? describe.skip : describe
let injected = 0

describeHere.each(Object.entries(operations))('%s', (_, operation) => {
  onTestDriver.each([
    ['fails', UNKNOWN, 1],
    ['finds no memory', OUT_OF_MEMORY, 1],
    ['and the one after it fail', UNKNOWN, 2],
    ['and the two after it fail', UNKNOWN, 3],
    ['and all that follow fail', UNKNOWN, 1e9],
  ])(
    'any call of the driver %s',
    async (__, code, times) => {
      const scene = newScene()
      // What is made when it is first needed, and kept.
      disposing(upload(scene), (tensor) => tensor.download())
      await attempt(scene, operation, () => {})
      const { log } = await attempt(scene, operation, () => {})
      let baseline = held(scene)
      expect(log.length).toBeGreaterThan(3)
      for (let nth = 1; nth <= log.length; nth++) {
        injected += 1
        const failed = await attempt(scene, operation, () => {
          scene.driver.fail('*', nth, code, times, false)
        })
        const where = `${log[nth - 1]}, call ${nth} of ${log.length}`
        if (failed.error !== undefined) {
          if (!(failed.error instanceof scene.library.GridMaskError)) throw failed.error
          const { code: kind, message } = failed.error
          const own = code === OUT_OF_MEMORY ? 'ERR_CUDA_OUT_OF_MEMORY' : 'ERR_CUDA'
          expect([where, kind]).toEqual([where, own])
          expect(message).toMatch(/^cu\w+ failed with CUDA_ERROR_\w+ .* while /)
        }
        if (times < 1e9) expect([where, failed.violations]).toEqual([where, []])
        const failing = failed.log.slice(nth - 1, nth - 1 + times)
        const forgiving = times === 1 && !failing.some((call) => releases.has(call))
        if (forgiving && !operation.queues) expect([where, failed.pending]).toEqual([where, 0])
        const next = await attempt(scene, operation, () => {})
        expect([where, next.error, next.violations]).toEqual([where, undefined, []])
        if (forgiving) expect([where, held(scene)]).toEqual([where, baseline])
        else baseline = held(scene)
      }
    },
    120_000,
  )

  onTestDriver.each([
    ['kernel', 700],
    ['copy', 719],
  ])('a lost context after a %s is told, and crashes nothing', async (work, code) => {
    const scene = newScene()
    await attempt(scene, operation, () => {})
    const tensors = operation.before?.(scene) ?? []
    scene.driver.fail(work, 1, code, 1, true)
    const told: unknown[] = []
    for (let i = 0; i < 3; i++) {
      try {
        await operation.run(scene, tensors)
      } catch (error) {
        told.push(error)
      }
    }
    // What has no kernel does not lose it.
    if (told.length === 0) return
    expect(told.length).toBeGreaterThanOrEqual(2)
    for (const error of told) {
      expect(error).toMatchObject({ code: 'ERR_CUDA' })
      expect((error as Error).message).toMatch('context is lost to this process')
    }
    const cpu = new scene.library.GridMask({ ...options, device: 'cpu' })
    expectSame(cpu.apply(newImages(), { shape, index: 0 }), scene.expected)
    scene.driver.reset()
    for (const tensor of tensors) tensor.dispose()
  })
})

describeHere('the first use of a device', () => {
  onTestDriver('any call of the driver fails', () => {
    const use = ({ library }: Fresh) => {
      const gridmask = new library.GridMask({ ...options, device: 'cuda' })
      return gridmask.apply(newImages(), { shape, index: 0 })
    }
    const first = freshDriver({ delay: 1 }, chunks)
    // Opening happens with loading; what was opened is used.
    const expected = use(first)
    const log = first.driver.log()
    const calls = log.length
    first.driver.settle()
    const live = held(first)
    for (let nth = 1; nth <= calls; nth++) {
      injected += 1
      const fresh = freshDriver({ delay: 1 }, chunks)
      const opened = fresh.driver.log().length
      if (nth <= opened) continue
      fresh.driver.fail('*', nth - opened, UNKNOWN, 1, false)
      try {
        expectSame(use(fresh), expected)
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_CUDA' })
      }
      expectSame(use(fresh), expected)
      fresh.driver.settle()
      // Without the driver's pools, memory is kept in another way.
      const call = log[nth - 1] as string
      const otherwise = /cuMemPool|cuDeviceGetAttribute/.test(call) || releases.has(call)
      if (!otherwise) expect(held(fresh)).toEqual(live)
      expect(fresh.driver.violations()).toEqual([])
    }
  })

  onTestDriver('any call of opening the driver fails', () => {
    const fresh = freshDriver()
    const calls = fresh.driver.log().filter((call) => !call.startsWith('cuCtx'))
    for (let nth = 1; nth <= calls.length; nth++) {
      injected += 1
      const other = freshDriver({ devices: 0 })
      other.driver.configure({ devices: 1 })
      other.driver.reset()
      other.driver.fail('*', nth, UNKNOWN, 1, false)
      const status = other.library.cudaStatus()
      expect(status).toMatchObject({ available: false, reason: 'driver-error' })
      expect(status.message).toMatch('CUDA_ERROR_UNKNOWN')
      expect(other.library.cudaStatus()).toMatchObject({ available: true })
    }
  })
})

onTestDriver('the calls that failed were many', () => {
  expect(injected).toBeGreaterThan(400)
})
