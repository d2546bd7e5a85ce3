// The twenty likeliest mistakes and their messages: what was expected, what was received, and what to do.
import { expect, test } from '@jest/globals'
import { Cutout } from '../../lib/baselines/index'
import {
  applyPlan,
  fromDali,
  GridMask,
  ignoreDropped,
  linear,
  maskOf,
  normalization,
  Preprocessor,
  presets,
  visibleFraction,
} from '../../lib/index'

// What TypeScript would refuse is what must be tried.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Any = any

const gridmask = new GridMask({ ratio: 0.5, unit: 8 })
const options = { ratio: 0.5, unit: 8 }
const params = { d: 8, ratio: 0.5 }
const shape = [1, 3, 8, 8]
const images = new Float32Array(3 * 64)
const apply = (what: Any, request: Any = { shape }) => gridmask.apply(what, request)
const make = (more: Any) => new GridMask({ ...options, ...more })

const prepare = (what: Any, request?: Any, more: Any = {}) =>
  new Preprocessor({ size: [8, 8], ...more }).apply(what, request)
const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, ...Buffer.from('JFIF'))
const png = Uint8Array.of(0x89, ...Buffer.from('PNG'), 13, 10, 26, 10)

const rows: [mistake: string, work: () => unknown, says: string][] = [
  [
    'a preset that does not exist',
    () => new GridMask((presets as Any).imageNet),
    'but received undefined. The presets are imagenet, cifar10, coco, cityscapes',
  ],
  [
    'a preset that does not exist, spread',
    () => new GridMask({ ...(presets as Any).imageNet, seed: 1 }),
    'received neither. If it is a preset, check its name. The presets are imagenet, cifar10,',
  ],
  [
    'percent',
    () => make({ ratio: 60 }),
    'a number in (0, 1) or a range [min, max) within it, but received 60. 60 % is 0.6',
  ],
  [
    'a reversed range',
    () => make({ unit: [224, 96] }),
    'but received [224, 96]. The smaller number comes first: [96, 224]',
  ],
  [
    'text for a number',
    () => make({ probability: '0.8' }),
    "in [0, 1], but received '0.8'. Without quotes it is a number",
  ],
  [
    "another library's name",
    () => make({ p: 0.5 }),
    'Unknown property `p` in `options`: did you mean `probability`?',
  ],
  [
    'a misspelt name',
    () => apply(images, { shpae: shape }),
    'Unknown property `shpae` in `request`: did you mean `shape`?',
  ],
  [
    'in place',
    () => apply(images, { shape, inPlace: true }),
    'did you mean `out`? `out: images` works in place.',
  ],
  [
    'a forgotten await',
    () => apply(Promise.resolve(images)),
    'but received an instance of Promise. It is a promise: `await` it',
  ],
  [
    'a plain array',
    () => apply([[[0, 1]]]),
    'but received an array of 1. Convert it: `Float32Array.from(images.flat(Infinity))`',
  ],
  [
    'what sharp resolves with',
    () => apply({ data: new Uint8Array(3), info: {} }),
    'Its array is `images.data`',
  ],
  [
    'a tensor of tfjs',
    () => apply({ dataSync() {}, data() {} }),
    "`await images.data()` gives the tensor's array",
  ],
  [
    'one image',
    () => apply(images, { shape: [3, 8, 8] }),
    'but received [3, 8, 8]. One image is [1, 3, 8, 8]',
  ],
  [
    'NHWC without a layout',
    () => apply(new Float32Array(2 * 32 * 32 * 3), { shape: [2, 32, 32, 3] }),
    "which by the default 'NCHW' has 32 channels of 32×3 pixels: pass 'NHWC' if it has 3 channels of 32×32",
  ],
  [
    'four channels for three',
    () => apply(new Float32Array(256)),
    'but received 256. With 4 instead of 3 channels it would fit',
  ],
  [
    '16-bit integers',
    () => apply(new Uint16Array(3 * 64)),
    'For 16-bit integers, convert them: `Float32Array.from(images, (v) => v / 65535)`',
  ],
  [
    'a plan for its element',
    () => maskOf(gridmask.plan({ count: 1 }) as Any, [8, 8]),
    'received an instance of Plan. Pass one of them: `plan.at(i)`',
  ],
  [
    'a plan without the size',
    () => new GridMask(presets.coco).plan({ count: 1 }),
    'The unit depends on the image size: pass `height` and `width`',
  ],
  [
    'one sample for a plan',
    () => applyPlan(images, params as Any, { shape } as Any),
    'Put a single sample into an array too: `[params]`',
  ],
  [
    'boxes of fractions',
    () => visibleFraction(params, [100, 100], [[0.1, 0.2, 0.45, 0.48]]),
    'Multiply boxes that are fractions of the image by its width and height',
  ],
  // And some that are less likely.
  [
    'COCO’s boxes',
    () => visibleFraction(params, [99, 99], [[50, 60, 10, 20]]),
    'as in COCO, pass [x, y, x + width, y + height]',
  ],
  ['a colour', () => make({ fill: '#7f7f7f' }), 'A colour is one number for each channel'],
  ['numbers by their places', () => linear(0.8 as Any), 'linear({ to: 0.8, epochs: 240 })'],
  [
    'an asynchronous schedule',
    () => make({ probability: async () => 1 }).probabilityAt(0),
    'it cannot be async',
  ],
  [
    'a video',
    () => apply(images, { shape: [1, 3, 1, 8, 8] }),
    'Fold more dimensions into these four: docs/recipes.md',
  ],
  [
    'a panorama',
    () => apply(images, { shape: [1, 1, 8, 20000] }),
    'Mask larger images in tiles: docs/recipes.md',
  ],
  ['Python’s names', () => fromDali({ shift_x: 3 } as Any, [8, 8]), 'did you mean `shiftX`?'],
  ['Random()', () => make({ seed: 0.123 }), 'Math.floor(Math.random() * 2 ** 32)'],
  ['a number for a request', () => (gridmask as Any).plan(64), 'Name it: { count: 64 }'],
  [
    'the order of arguments',
    () => applyPlan(images, { shape } as Any, [params] as Any),
    'The order is: images, plan, request',
  ],
  ['a GPU', () => make({ device: 'gpu' }), "NVIDIA's GPUs are 'cuda'"],
  [
    'channels last',
    () => apply(images, { shape, layout: 'channelsLast' }),
    "It is called 'NHWC' here",
  ],
  ['a half', () => apply(images, { shape, dtype: 'fp16' }), "It is called 'float16' here"],
  [
    '-100 in bytes',
    () => ignoreDropped(new Uint8Array(64), [params], { shape: [1, 8, 8], label: -100 }),
    'Arrays of signed labels can hold it',
  ],
  [
    'rectangles for a lattice',
    () => applyPlan(images, [{ regions: [] }] as Any, { shape } as Any),
    "Cutout and the other methods of 'gridmask/baselines'",
  ],
  [
    'a lattice for rectangles',
    () => new Cutout().apply(images, { shape, plan: [params] } as Any),
    'units are for GridMask and applyPlan()',
  ],
  [
    'a list of arrays',
    () => apply([images, images]),
    'Copy them into one array: `all.set(images[i], i * images[i].length)` for each',
  ],
  [
    'a list of images',
    () => apply([{ data: new Uint8Array(192), width: 8, height: 8, channels: 3 }]),
    'A list of decoded images is for Preprocessor',
  ],
  ['a picture’s file', () => apply(jpeg), 'but received 10. It is a JPEG file: decode it first'],
  ['a name for `out`', () => apply(images, { shape, out: 'images' }), 'works in place'],
  ['arguments by their places', () => apply(images, 1), 'Name what you pass: { shape, … }'],
  ['the name of a preset', () => new GridMask('imagenet' as Any), '`presets.imagenet`'],
  ['a preset as an option', () => make({ preset: 'coco' }), '`{ ...presets.imagenet, seed: 42 }`'],
  ['an instance, spread', () => make({ ...gridmask }), 'has its settings in `options`'],
  ['an option in a call', () => apply(images, { shape, fill: 1 }), 'an option of the constructor'],
  [
    'a schedule that went through JSON',
    () => new GridMask(JSON.parse(JSON.stringify(new GridMask(presets.imagenet)))),
    'JSON turns a function into null: pass the function again',
  ],
  [
    'channels of labels',
    () => ignoreDropped(new Uint8Array(64), [params], { shape: [1, 1, 8, 8], label: 255 } as Any),
    'A pixel has one label: leave the channels out',
  ],
  // A Preprocessor's.
  ['one side', () => prepare([], {}, { size: 224 }), 'A square is [224, 224]'],
  ['how many channels', () => prepare([], {}, { channels: 3 }), 'such as [0, 1, 2]'],
  ['a flip', () => prepare([], {}, { flip: true }), 'For always, pass 1'],
  [
    'the name of statistics',
    () => prepare([], {}, { normalize: 'imagenet' }),
    '`normalization.imagenet`',
  ],
  [
    'statistics on their own',
    () => prepare([], {}, { mean: 0.5, std: 0.5 }),
    'pass both as `normalize: { mean, std }`',
  ],
  ['settings of the mask', () => prepare([], {}, presets.imagenet), 'are one option, `gridmask`'],
  [
    'a seed of the mask',
    () => prepare([], {}, { gridmask: { ...options, seed: 1 } }),
    'it is an option of the Preprocessor',
  ],
  ['scaling', () => prepare([], {}, { resize: [8, 8] }), 'Nothing is scaled: let the decoder'],
  [
    'an instance for its options',
    () => prepare([], {}, { gridmask }),
    'has its settings in `options`',
  ],
  [
    'one image for a list',
    () => prepare({ data: new Uint8Array(192), info: { width: 8, height: 8, channels: 3 } }),
    'Put a single image into a list: `[images]`',
  ],
  ['pixels without a size', () => prepare([new Uint8Array(192)]), 'It needs its size'],
  ['a file in a list', () => prepare([jpeg]), 'It is a JPEG file: decode it first'],
  [
    'a file for data',
    () => prepare([{ data: png, width: 8, height: 8, channels: 3 }]),
    'received 8. It is a PNG file: decode it first',
  ],
  ['paths', () => prepare(['photo.jpg']), 'Decode the picture first: docs/loading.md'],
  [
    'a decoder that has not been asked',
    () => prepare([{ toBuffer() {} }]),
    '`await images[0].raw().toBuffer({ resolveWithObject: true })` gives its pixels and size',
  ],
  [
    'pixels of 16 bits',
    () => prepare(new Uint16Array(192), { shape: [1, 8, 8, 3] }),
    'convert them: `Float32Array.from(images, (v) => v / 257)`',
  ],
  [
    'alpha',
    () =>
      prepare(new Uint8Array(256), { shape: [1, 8, 8, 4] }, { normalize: normalization.imagenet }),
    '`channels: [0, 1, 2]` leaves alpha out',
  ],
  [
    'three channels of a grey image',
    () => prepare(new Uint8Array(64), { shape: [1, 8, 8, 1] }, { channels: [0, 1, 2] }),
    'It is grey: let the decoder make three channels of it, or take [0, 0, 0]',
  ],
  [
    'an image that is too small',
    () => prepare(new Uint8Array(48), { shape: [1, 4, 4, 3] }),
    'but it has 4×4. Enlarge it when you decode it, or set `padding`',
  ],
  ['the size of a crop', () => prepare([], {}, { crop: [8, 8] }), 'is the option `size`'],
  [
    'a plan without sizes',
    () => new Preprocessor({ size: [8, 8] }).plan({ count: 1 } as Any),
    'pass `height` and `width`',
  ],
  [
    'a plan for its sample',
    () => {
      const preprocessor = new Preprocessor({ size: [8, 8] })
      const plan = preprocessor.plan({ count: 1, height: 8, width: 8 })
      preprocessor.placement(plan as Any, [8, 8])
    },
    'pass one sample of it, `plan.at(i)`',
  ],
]

test.each(rows)('%s', (_, work, says) => {
  expect(work).toThrow(says)
})
