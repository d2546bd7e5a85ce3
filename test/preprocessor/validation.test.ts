// What Preprocessor refuses, with which code, and that the message says what was wrong.
import { describe, expect, test } from '@jest/globals'
import {
  type ErrorCode,
  GridMaskError,
  normalization,
  Preprocessor,
  type PreprocessorOptions,
  PreprocessorPlan,
  presets,
} from '../../lib/index'

type Row = [name: string, run: () => unknown, code: ErrorCode, message: RegExp]

function expectError(run: () => unknown, code: ErrorCode, message: RegExp): void {
  let error: unknown
  try {
    run()
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(GridMaskError)
  expect((error as GridMaskError).code).toBe(code)
  expect((error as GridMaskError).message).toMatch(message)
}

const make = (options: unknown) => () => new Preprocessor(options as PreprocessorOptions)

describe('options', () => {
  const { mean, std } = normalization.imagenet
  const rows: Row[] = [
    ['none', make(null), 'ERR_INVALID_ARG_TYPE', /`options` to be an object/],
    ['unknown', make({ mean: 0 }), 'ERR_INVALID_ARG_VALUE', /Unknown property `mean`/],
    ['pad', make({ pad: 4 }), 'ERR_INVALID_ARG_VALUE', /did you mean `padding`\?/],
    ['size', make({ size: 32 }), 'ERR_INVALID_ARG_TYPE', /`size` to be \[height, width\]/],
    ['size of three', make({ size: [3, 32, 32] }), 'ERR_INVALID_ARG_TYPE', /`size`/],
    ['size below 0', make({ size: [32, -1] }), 'ERR_OUT_OF_RANGE', /`size\[1\]`/],
    ['size beyond all', make({ size: [16385, 1] }), 'ERR_OUT_OF_RANGE', /`size\[0\]`/],
    ['padding', make({ padding: '4' }), 'ERR_INVALID_ARG_TYPE', /`padding`/],
    ['half a pixel of it', make({ padding: 0.5 }), 'ERR_OUT_OF_RANGE', /`padding`/],
    ['crop', make({ crop: 'middle' }), 'ERR_INVALID_ARG_VALUE', /'random', 'center'/],
    ['flip', make({ flip: true }), 'ERR_INVALID_ARG_TYPE', /`flip`/],
    ['flip in percent', make({ flip: 50 }), 'ERR_OUT_OF_RANGE', /`flip`.*50 % is 0.5/],
    ['channels', make({ channels: 3 }), 'ERR_INVALID_ARG_TYPE', /`channels`/],
    ['no channels', make({ channels: [] }), 'ERR_OUT_OF_RANGE', /`channels.length`/],
    ['a channel below 0', make({ channels: [0, -1] }), 'ERR_OUT_OF_RANGE', /`channels\[1\]`/],
    ['a hole', make({ channels: new Array(2) }), 'ERR_INVALID_ARG_TYPE', /`channels\[0\]`/],
    ['normalize', make({ normalize: 'imagenet' }), 'ERR_INVALID_ARG_TYPE', /`normalize`/],
    ['no std', make({ normalize: { mean } }), 'ERR_INVALID_ARG_TYPE', /`normalize.std`/],
    ['std 0', make({ normalize: { mean, std: [0.2, 0, 0.2] } }), 'ERR_OUT_OF_RANGE', /std\[1\]/],
    ['std below 0', make({ normalize: { mean: 0, std: -1 } }), 'ERR_OUT_OF_RANGE', /above 0/],
    ['std NaN', make({ normalize: { mean: 0, std: NaN } }), 'ERR_OUT_OF_RANGE', /std/],
    ['std too small', make({ normalize: { mean: 0, std: 1e-42 } }), 'ERR_OUT_OF_RANGE', /float32/],
    [
      'mean too large',
      make({ normalize: { mean: 1e300, std: 1 } }),
      'ERR_OUT_OF_RANGE',
      /mean` .* 1e\+300$/,
    ],
    [
      'mean and std of different lengths',
      make({ normalize: { mean: [0, 0], std } }),
      'ERR_SHAPE_MISMATCH',
      /`normalize.mean` and `normalize.std` .* but received 2 and 3$/,
    ],
    ['std too large', make({ normalize: { mean: 0, std: 1e40 } }), 'ERR_OUT_OF_RANGE', /float32/],
    ['mean NaN', make({ normalize: { mean: [NaN], std: 1 } }), 'ERR_OUT_OF_RANGE', /mean\[0\]/],
    [
      'those of bytes',
      make({ normalize: { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] } }),
      'ERR_OUT_OF_RANGE',
      /of values in 0…1/,
    ],
    [
      'of too few channels',
      make({ channels: [0, 1, 2], normalize: { mean: [0.5], std } }),
      'ERR_SHAPE_MISMATCH',
      /`normalize.mean` .* 3 channels, but received 1/,
    ],
    ['gridmask', make({ gridmask: 1 }), 'ERR_INVALID_ARG_TYPE', /`gridmask`/],
    ['its ratio', make({ gridmask: { ratio: 2, unit: 3 } }), 'ERR_OUT_OF_RANGE', /`ratio`/],
    [
      'its seed',
      make({ gridmask: { ...presets.cifar10, seed: 1 } }),
      'ERR_INVALID_ARG_VALUE',
      /Unknown property `seed` in `gridmask`/,
    ],
    [
      'its fill that leaves a channel',
      make({ gridmask: { ratio: 0.5, unit: 3, fill: [0, null] } }),
      'ERR_INVALID_ARG_VALUE',
      /`gridmask\.fill`.*use the option `channels`$/,
    ],
    [
      'its fill',
      make({ gridmask: { ratio: 0.5, unit: 3, fill: '0' } }),
      'ERR_INVALID_ARG_TYPE',
      /fill/,
    ],
    [
      'its fill, for other channels',
      make({ channels: [0, 1, 2], gridmask: { ratio: 0.5, unit: 3, fill: [0, 0] } }),
      'ERR_SHAPE_MISMATCH',
      /`fill` .* 3 channels, but received 2/,
    ],
    ['dtype', make({ dtype: 'uint8' }), 'ERR_INVALID_ARG_VALUE', /`dtype`/],
    ['layout', make({ layout: 'CHW' }), 'ERR_INVALID_ARG_VALUE', /`layout`/],
    ['seed', make({ seed: -1 }), 'ERR_OUT_OF_RANGE', /`seed`/],
    ['threads', make({ threads: 0 }), 'ERR_OUT_OF_RANGE', /`threads`/],
    ['device', make({ device: 'gpu' }), 'ERR_INVALID_ARG_VALUE', /`device`/],
    ['CUDA', make({ device: 'cuda:x' }), 'ERR_INVALID_ARG_VALUE', /'cuda:N'/],
  ]
  test.each(rows)('%s', (_, run, code, message) => expectError(run, code, message))
})

describe('images', () => {
  const preprocessor = new Preprocessor({ size: [4, 4] })
  const apply =
    (images: unknown, request?: unknown, options: PreprocessorOptions = { size: [4, 4] }) =>
    () =>
      new Preprocessor(options).apply(images as Uint8Array, request as object)
  const image = (height = 4, width = 4, channels = 3) => ({
    data: new Uint8Array(height * width * channels),
    ...{ height, width, channels },
  })
  const rows: Row[] = [
    ['nothing', apply(undefined), 'ERR_INVALID_ARG_TYPE', /`images`/],
    ['one image', apply(image()), 'ERR_INVALID_ARG_TYPE', /`images` to be .* a list/],
    ['a promise', apply([Promise.resolve(image())]), 'ERR_INVALID_ARG_TYPE', /await/],
    ['a plain array', apply([1, 2, 3]), 'ERR_INVALID_ARG_TYPE', /`images\[0\]`/],
    ['a hole', apply(new Array(2)), 'ERR_INVALID_ARG_TYPE', /`images\[0\]`/],
    [
      'a plain array and its shape',
      apply([1, 2, 3], { shape: [1, 1, 1, 3] }),
      'ERR_INVALID_ARG_TYPE',
      /`images\[0\]` .* `Uint8Array.from\(images\)`/,
    ],
    // Nothing may walk through billions of holes.
    ['an image of holes', apply([new Array(2 ** 32 - 1)]), 'ERR_INVALID_ARG_TYPE', /`images\[0\]`/],
    [
      'a shape of holes',
      apply(new Uint8Array(48), { shape: new Array(2 ** 32 - 1) }),
      'ERR_INVALID_ARG_TYPE',
      /`shape`/,
    ],
    [
      'integers of 16 bits',
      apply(new Uint16Array(48), { shape: [1, 4, 4, 3] }),
      'ERR_INVALID_ARG_TYPE',
      /images/,
    ],
    ['no shape', apply(new Uint8Array(48)), 'ERR_INVALID_ARG_TYPE', /`shape`/],
    [
      'a wrong shape',
      apply(new Uint8Array(48), { shape: [1, 4, 5, 3] }),
      'ERR_SHAPE_MISMATCH',
      /60 elements/,
    ],
    [
      'a shape of a list',
      apply([image()], { shape: [1, 4, 4, 3] }),
      'ERR_INVALID_ARG_VALUE',
      /`shape`/,
    ],
    [
      'a layout of a list',
      apply([image()], { layout: 'NCHW' }),
      'ERR_INVALID_ARG_VALUE',
      /`layout`/,
    ],
    [
      'ImageData of float16',
      apply([{ data: halfFloats(64), width: 4, height: 4 }]),
      'ERR_INVALID_ARG_TYPE',
      /`images\[0\].data`/,
    ],
    [
      'data that is too short',
      apply([image(), { ...image(), height: 5 }]),
      'ERR_SHAPE_MISMATCH',
      /`images\[1\].data` to have 60/,
    ],
    [
      'bytes of floats',
      apply([{ ...image(), data: new Uint8Array(192) }]),
      'ERR_SHAPE_MISMATCH',
      /`new Float32Array\(images\[0\].data.buffer, images\[0\].data.byteOffset, 48\)`$/,
    ],
    [
      'three channels as ImageData',
      apply([{ data: new Uint8Array(48), width: 4, height: 4 }]),
      'ERR_SHAPE_MISMATCH',
      /`images\[0\].data` .* 64 .* With 3 instead of 4 channels it would fit/,
    ],
    [
      'mixed channels',
      apply([image(), image(4, 4, 4)]),
      'ERR_SHAPE_MISMATCH',
      /`images\[1\]` to have 3 channels .* 4/,
    ],
    [
      'mixed types',
      apply([image(), { ...image(), data: new Float32Array(48) }]),
      'ERR_INVALID_ARG_TYPE',
      /bytes/,
    ],
    [
      'too small',
      apply([image(), image(3, 9)]),
      'ERR_SHAPE_MISMATCH',
      /`images\[1\]` .* 4×4 .* 3×9/,
    ],
    [
      'too small, padded',
      apply([image(1, 4)], {}, { size: [4, 4], padding: 1 }),
      'ERR_SHAPE_MISMATCH',
      /padded by 1/,
    ],
    [
      'of different sizes',
      apply([image(4, 4), image(4, 5)], {}, {}),
      'ERR_SHAPE_MISMATCH',
      /no option `size`/,
    ],
    [
      'channel out of range',
      apply([image(), image(4, 4, 1)], {}, { channels: [0, 2] }),
      'ERR_OUT_OF_RANGE',
      /`channels\[1\]` to be below 1/,
    ],
    [
      'mean of the wrong length',
      apply([image(4, 4, 4)], {}, { normalize: normalization.imagenet }),
      'ERR_SHAPE_MISMATCH',
      /normalize.mean/,
    ],
    [
      'fill of the wrong length',
      apply([image()], {}, { gridmask: { ratio: 0.5, unit: 2, fill: [0, 0] } }),
      'ERR_SHAPE_MISMATCH',
      /`fill`/,
    ],
    [
      'a width that is none',
      apply([{ ...image(), width: 4.5 }]),
      'ERR_OUT_OF_RANGE',
      /`images\[0\].width`/,
    ],
    [
      "sharp's info",
      apply([{ data: new Uint8Array(48), info: {} }]),
      'ERR_INVALID_ARG_TYPE',
      /`images\[0\].info.height`/,
    ],
    [
      'a short out',
      apply([image()], { out: new Float32Array(47) }),
      'ERR_SHAPE_MISMATCH',
      /`out` to have 48/,
    ],
    [
      'out of another type',
      apply([image()], { out: new Uint8Array(48) }),
      'ERR_INVALID_ARG_TYPE',
      /`out` to be a Float32Array for dtype 'float32', .* Uint8Array$/,
    ],
    // Nothing is made in place, and what is converted is not the caller's `out`.
    ['out in place', apply([image()], { out: true }), 'ERR_INVALID_ARG_TYPE', /received true$/],
    ['a list for out', apply([image()], { out: [1] }), 'ERR_INVALID_ARG_TYPE', /received \[1\]$/],
    [
      'a plan without its name',
      apply([image()], [{ top: 0, left: 0 }]),
      'ERR_INVALID_ARG_TYPE',
      /Name it: \{ plan \}/,
    ],
    [
      'one sample for a plan',
      apply([image()], { plan: { top: 0, left: 0 } }),
      'ERR_INVALID_ARG_TYPE',
      /single sample into an array/,
    ],
    [
      'an index beyond all',
      apply([image()], { index: 2 ** 53 }),
      'ERR_OUT_OF_RANGE',
      /`index` .* from 0 to 2⁵³ - 1/,
    ],
    [
      'plan and index',
      apply([image()], { plan: [{ top: 0, left: 0 }], index: 1 }),
      'ERR_INVALID_ARG_VALUE',
      /`index`/,
    ],
    ['a plan of another length', apply([image()], { plan: [] }), 'ERR_SHAPE_MISMATCH', /`plan`/],
    [
      'a crop outside',
      apply([image(6, 5)], { plan: [{ top: 3, left: 0 }] }),
      'ERR_OUT_OF_RANGE',
      /`plan\[0\].top` .* 0 to 2/,
    ],
    [
      'left of it',
      apply([image(6, 5)], { plan: [{ top: 0, left: 2 }] }),
      'ERR_OUT_OF_RANGE',
      /`plan\[0\].left` .* 0 to 1/,
    ],
    [
      'no corner',
      apply([image()], { plan: [{ flip: true }] }),
      'ERR_INVALID_ARG_TYPE',
      /`plan\[0\].top`/,
    ],
    [
      'half a mask',
      apply([image()], { plan: [{ top: 0, left: 0, d: 4 }] }),
      'ERR_INVALID_ARG_TYPE',
      /`plan\[0\].ratio`/,
    ],
    ['CUDA', apply([image()], { device: 'CUDA' }), 'ERR_INVALID_ARG_VALUE', /'cuda'\?/],
    [
      'unknown',
      apply([image()], { dtype: 'float32' }),
      'ERR_INVALID_ARG_VALUE',
      /Unknown property `dtype`/,
    ],
    [
      'no height',
      () => preprocessor.plan({ count: 1, width: 4 } as never),
      'ERR_INVALID_ARG_TYPE',
      /`height`/,
    ],
    [
      'indices that are null',
      () => preprocessor.plan({ count: 1, indices: null, height: 4, width: 4 } as never),
      'ERR_INVALID_ARG_TYPE',
      /`indices` to be an array of whole numbers, but received null/,
    ],
    [
      'indices that only look like an array',
      () => {
        const indices = Object.create(Uint8Array.prototype)
        return preprocessor.plan({ count: 1, indices, height: 4, width: 4 })
      },
      'ERR_INVALID_ARG_TYPE',
      /`indices`/,
    ],
    [
      'too small a height',
      () => preprocessor.plan({ count: 1, height: 3, width: 4 }),
      'ERR_SHAPE_MISMATCH',
      /3×4/,
    ],
    [
      'heights for others',
      () => preprocessor.plan({ count: 2, height: [4], width: 4 }),
      'ERR_SHAPE_MISMATCH',
      /`height`/,
    ],
    [
      'more samples than fit a plan',
      () => PreprocessorPlan.from(new Array(2 ** 32 - 1)),
      'ERR_OUT_OF_RANGE',
      /`plan` to be of at most/,
    ],
    [
      'a plan that is none',
      () => PreprocessorPlan.from({} as never),
      'ERR_INVALID_ARG_TYPE',
      /`plan`/,
    ],
  ]
  test.each(rows)('%s', (_, run, code, message) => expectError(run, code, message))
})

/** `Float16Array` if the runtime has it; otherwise one with that name. */
function halfFloats(length: number): unknown {
  const { Float16Array } = globalThis as unknown as {
    Float16Array?: new (length: number) => ArrayBufferView
  }
  return Float16Array ? new Float16Array(length) : new Uint16Array(length)
}
