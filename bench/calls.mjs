// SPDX-License-Identifier: MIT
//
// node bench/calls.mjs
//
// What calls on tensors take of JavaScript's thread beside the driver, and which calls of the driver
// they make: on a driver that does nothing, so that it wants no GPU.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { DeviceTensor, GridMask, normalization, Preprocessor } from 'gridmask'
import { median } from '../dist/cli/measure.js'
import { cifar10, imagenet, large, small } from './gpu-cases.mjs'
import { duration, printTable } from './text.mjs'

const path = fileURLToPath(new URL('../build/bench/bench_null_driver.node', import.meta.url))
process.env.GRIDMASK_CUDA_DRIVER = path
/** @type {{ calls(): Record<string, number> }} those since the last time, by their names */
const driver = createRequire(import.meta.url)(path)

const WARM = 20_000
const ROUNDS = 15
const CALLS = 1000

const device = /** @type {const} */ ('cuda:0')
const rows = [
  ...callsOn('1×3×224×224', imagenet, { ...large, count: 1 }),
  ...callsOn('64×3×224×224', imagenet, large),
  ...callsOn('256×3×32×32', cifar10, small),
  ...preprocessorCalls(),
]
const measured = []
for (const { name, what, work, after } of rows) {
  for (let i = 0; i < WARM; i++) await once(work, after)
  driver.calls()
  await once(work, () => {})
  const calls = driver.calls()
  after()
  const rounds = []
  for (let i = 0; i < ROUNDS; i++) {
    let milliseconds = 0
    for (let k = 0; k < CALLS; k++) milliseconds += await once(work, after)
    rounds.push((1e3 * milliseconds) / CALLS)
  }
  const list = Object.entries(calls).map(
    ([call, times]) => `${times > 1 ? `${times} ` : ''}${call}`,
  )
  measured.push([name, what, duration(median(rounds)), list.join(', ')])
}
printTable(['', '', 'time', 'calls of the driver'], measured)

/**
 * Milliseconds, of which the clock itself takes some 40 ns.
 *
 * @param {() => unknown} work awaited where it is asynchronous
 * @param {() => void} after not timed
 */
async function once(work, after) {
  const started = performance.now()
  const result = work()
  if (result !== undefined) await result
  const milliseconds = performance.now() - started
  after()
  return milliseconds
}

/**
 * @param {string} name
 * @param {import('gridmask').GridMaskOptions} options
 * @param {import('./bytes.mjs').BatchShape} batch
 */
function callsOn(name, options, { count, channels, height, width }) {
  const gridmask = new GridMask(options)
  const shape = /** @type {const} */ ([count, channels, height, width])
  const images = DeviceTensor.from(new Float32Array(count * channels * height * width), {
    shape,
    device,
  })
  /** @type {DeviceTensor | undefined} */
  let made
  const inPlace = () => {
    gridmask.apply(images, { out: images })
  }
  const newTensor = () => {
    made = gridmask.apply(images)
  }
  const mix = () => {
    gridmask.gridmix(images, { out: images })
  }
  const waited = async () => {
    inPlace()
    await images.ready()
  }
  const nothing = () => {}
  return [
    { name, what: 'in place', work: inPlace, after: nothing },
    { name, what: 'a new tensor', work: newTensor, after: () => made?.dispose() },
    { name, what: 'GridMix in place', work: mix, after: nothing },
    { name, what: 'in place, waited for', work: waited, after: nothing },
  ]
}

function preprocessorCalls() {
  const { count, channels, height, width } = large
  const shape = /** @type {const} */ ([count, height, width, channels])
  const { seed, ...gridmask } = imagenet
  const preprocessor = new Preprocessor({ normalize: normalization.imagenet, gridmask, seed })
  const bytes = new Uint8Array(count * height * width * channels)
  const images = DeviceTensor.from(bytes, { shape, layout: 'NHWC', device })
  /** @type {DeviceTensor | undefined} */
  let made
  const work = () => {
    made = preprocessor.apply(images)
  }
  return [{ name: '64×224×224×3', what: 'Preprocessor', work, after: () => made?.dispose() }]
}
