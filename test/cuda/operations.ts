// What programs ask of a device, and what each leaves behind where a call of the driver fails.
import { expect } from '@jest/globals'
import type { DeviceTensor, GridMask } from '../../lib/index'
import { expectSame, type Fresh, scrambled } from './support'

export const shape = [3, 2, 31, 33] as const
const length = 3 * 2 * 31 * 33
export const options = { ratio: 0.5, unit: [5, 20], rotate: 360, seed: 11 } as const
export const newImages = () => scrambled(new Float32Array(length), 9)

export interface Scene extends Fresh {
  gridmask: GridMask
  expected: Float32Array
}

export interface Operation {
  /** What there is before: it is not what fails. */
  before?: (scene: Scene) => DeviceTensor[]
  /** What is made of the batch. Default: the masked batch. */
  expected?: (scene: Scene) => Float32Array
  /** On streams: what was asked for before an error may still be under way after it. */
  queues?: true
  /** Returns what must equal that. */
  run: (scene: Scene, tensors: DeviceTensor[]) => unknown
}

export const upload = ({ library }: Scene, stream?: bigint) =>
  library.DeviceTensor.from(newImages(), { shape, ...(stream === undefined ? {} : { stream }) })

function uploadMasked(scene: Scene): DeviceTensor {
  const tensor = upload(scene)
  return scene.gridmask.apply(tensor, { index: 0, out: tensor })
}

/** As a `using` declaration does, which Node 20 lacks, less the joining of two errors. */
export function disposing<T>(tensor: DeviceTensor, use: (tensor: DeviceTensor) => T): T {
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

/** Samples whose constants are not parameters of the launch. */
const many = [100, 1, 2, 2] as const
const manyImages = () => scrambled(new Float32Array(400), 5)

const decoded = {
  shape: [3, 31, 33, 2] as const,
  bytes: () => scrambled(new Uint8Array(length), 7),
}
const preparation = {
  ...{ padding: 1, size: [31, 33], flip: 0.5 },
  gridmask: { ratio: 0.5, unit: [5, 20], rotate: 360 },
} as const

/** Each value is as it was or as it was to be, and where one has changed, the message says so. */
function expectInPart(
  array: Float32Array,
  before: Float32Array,
  after: Float32Array,
  error: unknown,
  told: string,
): void {
  const [is, was, willBe] = [words(array), words(before), words(after)]
  expect(is.every((word, i) => word === was[i] || word === willBe[i])).toBe(true)
  if (is.some((word, i) => word !== was[i])) expect((error as Error).message).toMatch(told)
}

/** The array was taken, and the error has it. */
function expectGivenBack(taken: Float32Array, error: unknown): void {
  expect(taken.length).toBe(0)
  expect((error as { array?: Float32Array }).array?.length).toBe(length)
}

export const operations: Record<string, Operation> = {
  'apply() to a new array': {
    run: ({ gridmask }) => gridmask.apply(newImages(), { shape, index: 0 }),
  },
  'apply() in place': {
    run({ gridmask, expected }) {
      const images = newImages()
      try {
        return gridmask.apply(images, { shape, index: 0, out: images })
      } catch (error) {
        expectInPart(images, newImages(), expected, error, 'has been partly masked')
        throw error
      }
    },
  },
  'apply() into an array': {
    run({ gridmask, expected }) {
      const out = new Float32Array(length)
      try {
        return gridmask.apply(newImages(), { shape, index: 0, out })
      } catch (error) {
        expectInPart(out, new Float32Array(length), expected, error, 'has been partly written')
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
        expectGivenBack(images, error)
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
    run({ expected }, [tensor]) {
      const out = new Float32Array(length)
      try {
        return tensor?.download({ out })
      } catch (error) {
        expectInPart(
          out,
          new Float32Array(length),
          expected,
          error,
          '`out` has been partly written',
        )
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
        expectInPart(images, newImages(), mixed(scene), error, 'has been partly mixed')
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
        expectGivenBack(images, error)
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
  // On a stream of its own, where every launch has memory of its own for constants.
  'apply() on a tensor of many samples': {
    queues: true,
    before: ({ library }) => [library.DeviceTensor.from(manyImages(), { shape: many, stream: 0n })],
    expected: ({ library }) => {
      const cpu = new library.GridMask({ ...options, device: 'cpu' })
      return cpu.apply(manyImages(), { shape: many, index: 0 })
    },
    run({ gridmask }, [tensor]) {
      const out = tensor as DeviceTensor
      return gridmask.apply(out, { index: 0, out }).download()
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
