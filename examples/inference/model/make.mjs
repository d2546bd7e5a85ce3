// node model/make.mjs [FOLDER]
//
// Makes a tiny network, once as ONNX and once for TensorFlow.js. Its weights are not trained but chosen, so
// that the right answer is known: it recognises red, green, blue and grey pictures, and those with stripes.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { normalization } from 'gridmask'
import proto from 'onnx-proto'
import { CLASSES } from '../settings.mjs'

const SIDE = 32

const [KERNEL, STRIDE] = [3, 2]
const { mean, std } = /** @type {{ mean: number[], std: number[] }} */ (normalization.imagenet)

/**
 * Filters of 3×3 on red, green and blue in 0…1: for more of one colour than of the others, and for edges in
 * four directions.
 *
 * @type {((channel: number, y: number, x: number) => number)[]}
 */
const filters = [
  ...[0, 1, 2].map(
    (own) => (/** @type {number} */ channel, /** @type {number} */ y, /** @type {number} */ x) =>
      y === 1 && x === 1 ? (channel === own ? 1 : -0.5) : 0,
  ),
  (_, y, x) => (y === 1 ? (x - 1) / 3 : 0),
  (_, y, x) => (y === 1 ? (1 - x) / 3 : 0),
  (_, y, x) => (x === 1 ? (y - 1) / 3 : 0),
  (_, y, x) => (x === 1 ? (1 - y) / 3 : 0),
]

/** How much the mean of each filter counts for a class, and the bias of each class. */
const scores = [
  { weights: [12, 0, 0, 0, 0, 0, 0], bias: 0 },
  { weights: [0, 12, 0, 0, 0, 0, 0], bias: 0 },
  { weights: [0, 0, 12, 0, 0, 0, 0], bias: 0 },
  { weights: [0, 0, 0, 0, 0, 0, 0], bias: 3 },
  { weights: [0, 0, 0, 24, 24, -24, -24], bias: 0 },
  { weights: [0, 0, 0, -24, -24, 24, 24], bias: 0 },
]

/** Turns a filter on 0…1 into one on normalised values: v = x · std + mean. */
const convolution = {
  weight: (
    /** @type {number} */ f,
    /** @type {number} */ channel,
    /** @type {number} */ y,
    /** @type {number} */ x,
  ) => (filters[f]?.(channel, y, x) ?? 0) * (std[channel] ?? 0),
  bias: filters.map((filter) => {
    let sum = 0
    for (const [channel, m] of mean.entries()) {
      for (let i = 0; i < KERNEL ** 2; i++)
        sum += filter(channel, Math.floor(i / KERNEL), i % KERNEL) * m
    }
    return sum
  }),
}

/**
 * All values of an array of this shape, the last dimension fastest.
 *
 * @param {number[]} shape
 * @param {(...place: number[]) => number} valueAt
 */
function fill(shape, valueAt) {
  const count = shape.reduce((product, n) => product * n, 1)
  return Float32Array.from({ length: count }, (_, i) => {
    let rest = i
    const place = shape.map(() => 0)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const n = /** @type {number} */ (shape[axis])
      place[axis] = rest % n
      rest = Math.floor(rest / n)
    }
    return valueAt(...place)
  })
}

const [F, C] = [filters.length, CLASSES.length]

/** @returns {Uint8Array} */
function onnxModel() {
  const { onnx } = proto
  const FLOAT = onnx.TensorProto.DataType.FLOAT
  const tensor = (
    /** @type {string} */ name,
    /** @type {number[]} */ dims,
    /** @type {Float32Array} */ data,
  ) => ({
    name,
    dims,
    dataType: FLOAT,
    rawData: new Uint8Array(data.buffer),
  })
  const value = (/** @type {string} */ name, /** @type {object[]} */ dim) => ({
    name,
    type: { tensorType: { elemType: FLOAT, shape: { dim } } },
  })
  const ints = (/** @type {string} */ name, /** @type {number[]} */ values) => ({
    name,
    type: onnx.AttributeProto.AttributeType.INTS,
    ints: values,
  })
  const node = (
    /** @type {string} */ opType,
    /** @type {string[]} */ input,
    /** @type {string} */ output,
    /** @type {object[]} */ attribute = [],
  ) => ({
    opType,
    input,
    output: [output],
    attribute,
  })
  const graph = {
    name: 'colours',
    input: [
      value('images', [{ dimParam: 'n' }, { dimValue: 3 }, { dimValue: SIDE }, { dimValue: SIDE }]),
    ],
    output: [value('probabilities', [{ dimParam: 'n' }, { dimValue: C }])],
    initializer: [
      tensor('filters', [F, 3, KERNEL, KERNEL], fill([F, 3, KERNEL, KERNEL], convolution.weight)),
      tensor('offsets', [F], Float32Array.from(convolution.bias)),
      tensor(
        'scores',
        [F, C],
        fill([F, C], (f, c) => scores[c]?.weights[f] ?? 0),
      ),
      tensor(
        'biases',
        [C],
        Float32Array.from(scores, ({ bias }) => bias),
      ),
    ],
    node: [
      node('Conv', ['images', 'filters', 'offsets'], 'filtered', [
        ints('kernel_shape', [KERNEL, KERNEL]),
        ints('strides', [STRIDE, STRIDE]),
      ]),
      node('Relu', ['filtered'], 'positive'),
      node('GlobalAveragePool', ['positive'], 'means'),
      node('Flatten', ['means'], 'features'),
      node('Gemm', ['features', 'scores', 'biases'], 'logits'),
      node('Softmax', ['logits'], 'probabilities'),
    ],
  }
  const model = {
    irVersion: 8,
    opsetImport: [{ domain: '', version: 13 }],
    producerName: 'gridmask',
    graph,
  }
  return onnx.ModelProto.encode(onnx.ModelProto.create(/** @type {object} */ (model))).finish()
}

/** @param {string} folder */
async function writeLayersModel(folder) {
  const model = sequential({ name: 'colours' })
  model.add(
    layers.conv2d({
      name: 'filters',
      inputShape: [SIDE, SIDE, 3],
      filters: F,
      kernelSize: KERNEL,
      strides: STRIDE,
      activation: 'relu',
    }),
  )
  model.add(layers.globalAveragePooling2d({ name: 'means', dataFormat: 'channelsLast' }))
  model.add(layers.dense({ name: 'scores', units: C, activation: 'softmax' }))
  model.setWeights([
    tf.tensor(
      fill([KERNEL, KERNEL, 3, F], (y = 0, x = 0, channel = 0, f = 0) =>
        convolution.weight(f, channel, y, x),
      ),
      [KERNEL, KERNEL, 3, F],
    ),
    tf.tensor1d(convolution.bias),
    tf.tensor(
      fill([F, C], (f = 0, c = 0) => scores[c]?.weights[f] ?? 0),
      [F, C],
    ),
    tf.tensor1d(scores.map(({ bias }) => bias)),
  ])
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }]
      const text = JSON.stringify(
        { format: 'layers-model', modelTopology, weightsManifest },
        null,
        1,
      )
      await writeFile(join(folder, 'model.json'), `${text}\n`)
      await writeFile(
        join(folder, 'weights.bin'),
        new Uint8Array(/** @type {ArrayBuffer} */ (weightData)),
      )
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } }
    }),
  )
}

tf.enableProdMode()
const folder = process.argv[2] ?? fileURLToPath(new URL('.', import.meta.url))
await writeFile(join(folder, 'model.onnx'), onnxModel())
await writeLayersModel(folder)
