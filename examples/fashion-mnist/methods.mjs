// SPDX-License-Identifier: MIT
//
// The methods that are compared. Each but the first has four settings, two of one thing times two
// of another; validation images decide between them.
import { GridMask, linear } from 'gridmask'
import { Cutout, HideAndSeek, RandomErasing } from 'gridmask/baselines'
import { SIDE } from './data.mjs'

/**
 * What training needs of an augmentation: it masks a batch in place. The rest of the request says which
 * draws to use: the epoch, and the first sample's place in it.
 *
 * @typedef {object} Augmentation
 * @property {(images: Float32Array, request: {
 *   shape: [number, number, number, number], layout: 'NHWC', out: Float32Array, epoch: number, index: number
 * }) => unknown} apply
 */

/**
 * @typedef {object} Method
 * @property {string} name
 * @property {readonly Readonly<Record<string, unknown>>[]} settings
 * @property {(settings: any, seed: number, epochs: number) => Augmentation | undefined} create
 */

/** Every value of `first` with every value of `second`. @param {object[]} first @param {object[]} second */
const times = (first, second) => first.flatMap((a) => second.map((b) => ({ ...a, ...b })))

const fine = { unit: [8, 16] }
const coarse = { unit: [16, SIDE + 1] }

/** @type {Method['create']} the probability grows to 0.8 at four fifths of the training, as in the paper's section 4.1.1 */
const gridmask = (settings, seed, epochs) =>
  new GridMask({ ...settings, probability: linear({ to: 0.8, epochs: 0.8 * epochs }), seed })

/** @type {readonly Method[]} */
export const methods = [
  { name: 'none', settings: [{}], create: () => undefined },
  {
    name: 'GridMask',
    settings: times([{ ratio: 0.4 }, { ratio: 0.6 }], [fine, coarse]),
    create: gridmask,
  },
  {
    name: 'RevGridMask', // r is the part that it drops, hence smaller
    settings: times([{ ratio: 0.1 }, { ratio: 0.25 }], [fine, coarse]).map((settings) => {
      return { ...settings, reverse: true }
    }),
    create: gridmask,
  },
  {
    name: 'Random GridMask', // half of the squares stay, hence they are larger
    settings: times([{ ratio: 0.2 }, { ratio: 0.4 }], [fine, coarse]).map((settings) => {
      return { ...settings, unitProbability: 0.5 }
    }),
    create: gridmask,
  },
  {
    name: 'Cutout',
    settings: times([{ size: 8 }, { size: 14 }], [{ probability: 0.5 }, { probability: 1 }]),
    create: (settings, seed) => new Cutout({ ...settings, seed }),
  },
  {
    name: 'Hide-and-Seek',
    settings: times(
      [{ sizes: [4] }, { sizes: [7] }],
      [{ hideProbability: 0.25 }, { hideProbability: 0.5 }],
    ),
    create: (settings, seed) => new HideAndSeek({ ...settings, seed }),
  },
  {
    name: 'Random Erasing',
    settings: times(
      [{ area: [0.02, 0.2] }, { area: [0.02, 0.4] }],
      [{ probability: 0.5 }, { probability: 1 }],
    ),
    create: (settings, seed) => new RandomErasing({ ...settings, seed }),
  },
]
