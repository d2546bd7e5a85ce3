// @ts-nocheck: what it asks for lies beside it only where it is run.
//
// Run on the platform of a prebuilt binary, in a folder with the package and only that binary:
// verify.cjs <masks> <result>. Compares masks with the authors' and with the definition in plain
// TypeScript; noise, GridMix and the baselines with the second implementation, which replaces the native
// functions. Writes what it found.
const { readFileSync, writeFileSync } = require('node:fs')
const { gunzipSync } = require('node:zlib')
const { applyPlan, cudaStatus, devices, GridMask, maskOf, Plan } = require('./dist/index.js')
const { Cutout, HideAndSeek } = require('./dist/baselines/index.js')
const { fallback } = require('./dist/fallback/fallback.js')
const { native } = require('./dist/backend/native.js')
const { referenceMask } = require('./dist/fallback/reference.js')

const [masks, result] = process.argv.slice(2)

const golden = JSON.parse(gunzipSync(readFileSync(masks)).toString())
let wrongMasks = 0
for (const { height, width, keep, mode, d, ratio, deltaX, deltaY, angle } of golden) {
  const bits = Buffer.from(keep, 'base64')
  const params = { d, ratio, deltaX, deltaY, angle, reverse: mode === 0 }
  const mask = maskOf(params, [height, width])
  if (mask.some((kept, i) => kept !== ((bits[i >> 3] >> (7 - (i & 7))) & 1))) wrongMasks += 1
}

let state = 1
/** Whole numbers below `n`, the same on every host. @param {number} n */
function below(n) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * n)
}

const arrays = { float32: Float32Array, uint8: Uint8Array, float16: Uint16Array }
let batches = 0
let wrongBatches = 0
for (const dtype of Object.keys(arrays)) {
  for (const layout of ['NCHW', 'NHWC']) {
    for (let i = 0; i < 12; i++) {
      const [count, channels, height, width] = [
        1 + below(3),
        1 + below(4),
        1 + below(60),
        1 + below(90),
      ]
      const plan = Plan.from(
        Array.from({ length: count }, () => {
          const d = 1 + below(70)
          const angle = below(2) * below(360)
          const unitProbability = 1 - below(2) / 2
          const reverse = below(2) === 1
          const [deltaX, deltaY, ratio] = [below(d), below(d), 0.1 + below(8) / 10]
          return {
            d,
            ratio,
            deltaX,
            deltaY,
            angle,
            unitProbability,
            reverse,
            unitKey: [i, below(99)],
          }
        }),
      )
      const planar = layout === 'NCHW'
      const shape = planar ? [count, channels, height, width] : [count, height, width, channels]
      const images = new arrays[dtype](count * channels * height * width)
      for (let at = 0; at < images.length; at++) images[at] = 1 + below(250)
      const expected = images.slice()
      for (let n = 0; n < count; n++) {
        const mask = referenceMask(plan.at(n), [height, width])
        for (let pixel = 0; pixel < mask.length; pixel++) {
          for (let c = 0; c < channels && mask[pixel] === 0; c++) {
            const at = planar ? c * mask.length + pixel : pixel * channels + c
            expected[n * channels * mask.length + at] = 0
          }
        }
      }
      const request = { shape, layout, dtype, device: 'cpu' }
      const fresh = applyPlan(images, plan, request)
      applyPlan(images, plan, { ...request, out: images })
      batches += 1
      const same = (array) => array.every((value, at) => value === expected[at])
      if (!same(fresh) || !same(images)) wrongBatches += 1
    }
  }
}

/** The bits of everything that `make` makes. @param {() => ArrayBufferView[]} make */
function bitsOf(make) {
  return Buffer.concat(make().map((a) => new Uint8Array(a.buffer, a.byteOffset, a.byteLength)))
}

const functions = ['apply', 'mix', 'draw', 'drawPartner', 'countSamples', 'countKept']
let others = 0
let wrongOthers = 0
/** @param {() => ArrayBufferView[]} make */
function compare(make) {
  const found = bitsOf(make)
  const own = functions.map((name) => native[name])
  for (const name of functions) native[name] = fallback[name]
  const expected = bitsOf(make)
  functions.forEach((name, i) => {
    native[name] = own[i]
  })
  others += 1
  if (!found.equals(expected)) wrongOthers += 1
}

const settings = { ratio: [0.3, 0.7], unit: [4, 40], rotate: 360, unitProbability: 0.8, seed: 7n }
const fills = [
  { noise: 'uniform', low: [1, 2, 3], high: 200, shared: false },
  { noise: 'normal', mean: 90, std: [10, 20, 30] },
  { noise: 'normal', mean: 100, std: 40, shared: false },
]
for (const dtype of Object.keys(arrays)) {
  for (const layout of ['NCHW', 'NHWC']) {
    const shape = layout === 'NCHW' ? [4, 3, 37, 53] : [4, 37, 53, 3]
    const images = arrays[dtype].from({ length: 4 * 3 * 37 * 53 }, () => 1 + below(250))
    const request = { shape, layout, dtype, epoch: 9, index: 2 ** 33 }
    for (const fill of fills) {
      compare(() => [new GridMask({ ...settings, fill }).apply(images, request)])
    }
    for (const method of [new Cutout({ size: 19 }), new HideAndSeek({ sizes: [8] })]) {
      compare(() => [method.apply(images, request)])
    }
    compare(() => {
      const inPlace = images.slice()
      const gridmask = new GridMask(settings)
      const { partner, lambda } = gridmask.gridmix(inPlace, { ...request, out: inPlace })
      return [gridmask.gridmix(images, request).images, inPlace, partner, lambda]
    })
  }
}

const [{ instructionSet }] = devices()
const host = process.versions.bun
  ? `Bun ${process.versions.bun}`
  : `Node ${process.version.slice(1)}`
writeFileSync(
  result,
  JSON.stringify({
    host,
    platform: `${process.platform}-${process.arch}`,
    instructionSet,
    cuda: cudaStatus().reason,
    masks: golden.length,
    wrongMasks,
    batches,
    wrongBatches,
    others,
    wrongOthers,
  }),
)
