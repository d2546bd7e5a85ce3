// @ts-nocheck: a consumer's program, run where the package is installed.
//
// Masks batches of every kind with the copy of the package it is given, and hashes their bits.
const { createHash } = require('node:crypto')

const SEED = 11
const EPOCH = 3
const INDEX = 1000
const SHAPES = [
  { layout: 'NCHW', shape: [3, 3, 33, 47] },
  { layout: 'NHWC', shape: [3, 33, 47, 3] },
]
const DTYPES = [
  ['float32', Float32Array],
  ['uint8', Uint8Array],
  ['float16', Uint16Array],
]
const SETTINGS = { ratio: [0.4, 0.7], unit: [5, 40], rotate: 360, unitProbability: 0.8, seed: SEED }

function imagesOf(Type, length) {
  return Type.from({ length }, (_, i) => 1 + (i % 250))
}

async function digest({ GridMask, applyPlan }) {
  const hash = createHash('sha256')
  const add = (array) =>
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
  for (const { layout, shape } of SHAPES) {
    for (const [dtype, Type] of DTYPES) {
      const length = shape.reduce((a, b) => a * b)
      const gridmask = new GridMask(SETTINGS)
      const request = { shape, layout, dtype, epoch: EPOCH, index: INDEX }
      add(gridmask.apply(imagesOf(Type, length), request))
      const inPlace = imagesOf(Type, length)
      add(gridmask.apply(inPlace, { ...request, out: inPlace }))
      add(await gridmask.applyAsync(imagesOf(Type, length), request))
      const plan = JSON.parse(
        JSON.stringify(gridmask.plan({ count: shape[0], epoch: EPOCH, index: INDEX })),
      )
      add(applyPlan(imagesOf(Type, length), plan, { shape, layout, dtype }))
    }
  }
  return hash.digest('hex')
}

/** The same from the definition alone. */
function expectedDigest({ referenceDraw, referenceMask }) {
  const hash = createHash('sha256')
  const settings = { ...SETTINGS, reverse: false, probability: 1, seed: BigInt(SEED), epoch: EPOCH }
  for (const { layout, shape } of SHAPES) {
    const planar = layout === 'NCHW'
    const [count, channels, height, width] = planar
      ? shape
      : [shape[0], shape[3], shape[1], shape[2]]
    for (const [, Type] of DTYPES) {
      const images = imagesOf(Type, count * channels * height * width)
      for (let n = 0; n < count; n++) {
        const mask = referenceMask(referenceDraw(settings, INDEX + n), [height, width])
        for (let pixel = 0; pixel < mask.length; pixel++) {
          for (let c = 0; c < channels && mask[pixel] === 0; c++) {
            const at = planar ? c * mask.length + pixel : pixel * channels + c
            images[n * channels * mask.length + at] = 0
          }
        }
      }
      for (let i = 0; i < 4; i++) hash.update(new Uint8Array(images.buffer))
    }
  }
  return hash.digest('hex')
}

module.exports = { digest, expectedDigest }
