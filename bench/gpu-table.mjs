// SPDX-License-Identifier: MIT
//
// The GPU's part of the benchmark: measured if there is a GPU, otherwise counted. Kernels are timed by
// the device's own clock, next to copies and fills of the same batch; calls by the host's, next to the
// least time that the driver takes for the same.
import { createRequire } from 'node:module'
import { cudaStatus, DeviceTensor, devices, GridMask, normalization, Preprocessor } from 'gridmask'
import { median } from '../dist/cli/measure.js'
import { bytesOf, cifar10, gpuCases, imagenet, large, packedPlan, small } from './gpu-cases.mjs'
import { duration, megabytes, printTable } from './text.mjs'

/**
 * Milliseconds of each round.
 * @typedef {'kernel' | 'copy' | 'fill' | 'launch' | 'wait' | 'upload' | 'bothWays'} Measure
 * @typedef {Record<Measure, number[]>} Times
 * @typedef {{ quick: boolean, ordinal: number, path: string, totalMemory: number }} Settings
 * @typedef {{
 *   name: string
 *   what: string
 *   microseconds: number
 *   against: string
 *   baselineMicroseconds: number
 *   ratio: number
 *   reach: number | null
 * }} Row
 */

/** @type {{ measure(path: string, ordinal: number, request: object): Times }} */
const native = createRequire(import.meta.url)('../build/bench/bench_gpu.node')

/** Buffers that take turns have at least this many bytes in all: several times what a GPU's cache holds. */
const RING_BYTES = 512 * 2 ** 20
/** How often a bare launch is timed. */
const CALLS = 300
/** How long the launches of one round take together. */
const ROUND_MS = 2

/** Memory bandwidth in bytes per second, from the makers' data sheets. */
const dataSheets = {
  'H100 SXM': 3.35e12,
  'A100 40 GB': 1.555e12,
  'RTX 4090': 1.008e12,
  T4: 0.32e12,
}

/**
 * Measures and prints; or says why there is nothing to measure, and prints what would have to move.
 *
 * @param {{ quick: boolean, ordinal?: number }} options
 */
export async function gpuTable({ quick, ordinal = 0 }) {
  const status = cudaStatus()
  if (!status.available) {
    console.log(`No GPU was measured (${status.reason}): ${status.message}\n`)
    return { status, counted: countedTable() }
  }
  const device = devices().find(({ id }) => id === `cuda:${ordinal}`)
  if (device === undefined || device.id === 'cpu') throw new Error(`there is no cuda:${ordinal}`)
  const path = process.env.GRIDMASK_CUDA_DRIVER ?? ''
  console.log(`${device.id}: ${device.name}, CUDA ${status.driverVersion}, Node ${process.version}`)
  if (path !== '') {
    console.log(`The driver is ${path}: unless it drives a GPU, the times mean nothing.`)
  }
  if (quick) console.log('Quick: batches of 2 images, a few rounds.')
  const settings = { quick, ordinal, path, totalMemory: device.totalMemory }
  const kernels = kernelRows(settings)
  printRows('Kernels, against a copy of the batch, in place against a fill of it', kernels)
  const calls = await callRows(settings)
  printRows("Calls, on JavaScript's thread", calls)
  return { status, device, driver: path || 'system', kernels, calls }
}

/** @param {string} title @param {Row[]} rows */
function printRows(title, rows) {
  console.log(`\n${title}\n`)
  printTable(
    ['', '', 'time', 'against', '', 'ratio', 'reach'],
    rows.map(({ name, what, microseconds, against, baselineMicroseconds, ratio, reach }) => [
      name,
      what,
      duration(microseconds),
      against,
      duration(baselineMicroseconds),
      ratio.toFixed(2),
      reach === null ? '' : `${ratio <= reach ? '✓' : '✗'} ${reach.toFixed(2)}`,
    ]),
  )
}

/** @param {Settings} settings @returns {Row[]} */
function kernelRows(settings) {
  const [first] = gpuCases
  // In the first seconds copies and kernels are some two percent faster than ever after.
  if (first !== undefined && !settings.quick) measure(settings, first)
  return gpuCases.map((gpuCase) => {
    const times = measure(settings, gpuCase)
    const against = gpuCase.inPlace ? 'fill' : 'copy'
    const baseline = times[against]
    return {
      name: gpuCase.name,
      what: gpuCase.inPlace ? 'in place' : 'new tensor',
      microseconds: 1e3 * median(times.kernel),
      against,
      baselineMicroseconds: 1e3 * median(baseline),
      ratio: median(times.kernel.map((ms, i) => ms / /** @type {number} */ (baseline[i]))),
      reach: gpuCase.reach ?? null,
    }
  })
}

/**
 * `calls`: how often the host's clock times a launch.
 *
 * @param {Settings} settings
 * @param {import('./gpu-cases.mjs').GpuCase} gpuCase
 * @param {number} [calls]
 * @returns {Times}
 */
function measure(
  settings,
  { options, batch: full, inPlace, mixes = false, noise = 0, decoded = false, crops = false },
  calls = 0,
) {
  const { quick, ordinal, path, totalMemory } = settings
  const batch = sized(full, settings)
  const { count, channels, height, width, valueBytes } = batch
  const planar = batch.layout === 'NCHW'
  const bytes = count * channels * height * width * valueBytes
  const fitting = Math.max(1, Math.floor(totalMemory / 8 / bytes))
  const batches = quick ? 2 : Math.min(fitting, Math.max(4, Math.ceil(RING_BYTES / bytes)))
  const request = {
    samples: packedPlan(options, batch),
    planes: planar ? channels : 1,
    pixelBytes: valueBytes * (planar ? 1 : channels),
    valueBytes,
    height,
    width,
    inPlace,
    mixes,
    noise,
    decoded,
    crops,
    batches,
  }
  /** @param {number} launches @param {number} rounds @returns {Times} */
  const times = (launches, rounds) =>
    native.measure(path, ordinal, { ...request, launches, rounds, calls: quick ? 1 : calls })
  if (quick) return times(batches, 3)
  const launchMs = median(times(batches, 3).kernel)
  return times(Math.max(batches, Math.ceil(ROUND_MS / launchMs)), 15)
}

/**
 * Pages of a new array that nobody has written to are all the same page of zeros, which is read from
 * the caches.
 *
 * @template {Float32Array | Uint8Array} T @param {T} array @returns {T}
 */
function written(array) {
  for (let i = 0; i < array.length; i++) array[i] = i % 251
  return array
}

/** @param {Settings} settings @returns {Promise<Row[]>} */
async function callRows(settings) {
  const device = /** @type {const} */ (`cuda:${settings.ordinal}`)
  /** @type {Row[]} */
  const rows = []
  for (const { name, options, batch: full } of [
    { name: '64×3×224×224 float32', options: imagenet, batch: large },
    { name: '256×3×32×32 float32', options: cifar10, batch: small },
  ]) {
    const batch = sized(full, settings)
    const { count, channels, height, width } = batch
    const shape = /** @type {const} */ ([count, channels, height, width])
    const least = measure(settings, { name, options, batch, inPlace: true }, CALLS)
    const array = written(new Float32Array(count * channels * height * width))
    const gridmask = new GridMask(options)
    const onGpu = new GridMask({ ...options, device })
    const images = DeviceTensor.from(array, { shape, device })
    const request = { shape, out: written(new Float32Array(array.length)) }
    /**
     * @param {string} what
     * @param {Measure} measured
     * @param {string} against
     * @param {number | null} reach
     * @param {() => void} work
     * @param {() => unknown} [after] not timed
     */
    const row = async (what, measured, against, reach, work, after) => {
      const microseconds = 1e3 * (await timeOf(work, after, settings))
      const baselineMicroseconds = 1e3 * median(least[measured])
      const ratio = microseconds / baselineMicroseconds
      rows.push({ name, what, microseconds, against, baselineMicroseconds, ratio, reach })
    }
    const inPlace = () => {
      gridmask.apply(images, { out: images })
    }
    /** @type {DeviceTensor | undefined} */
    let made
    const disposed = async () => {
      await made?.ready()
      made?.dispose()
    }
    const isLarge = full === large
    await row('in place', 'launch', 'a bare launch', isLarge ? 2 : 3.5, inPlace, () =>
      images.ready(),
    )
    await row(
      'a new tensor',
      'launch',
      'a bare launch',
      isLarge ? 2.5 : null,
      () => {
        made = gridmask.apply(images)
      },
      disposed,
    )
    const mix = () => {
      gridmask.gridmix(images, { out: images })
    }
    await row('GridMix in place', 'launch', 'a bare launch', null, mix, () => images.ready())
    await row('in place, waited for', 'wait', 'launch and wait', 1.4, async () => {
      inPlace()
      await images.ready()
    })
    await row(
      'DeviceTensor.from',
      'upload',
      'upload, pinned',
      isLarge ? 1.4 : null,
      () => {
        made = DeviceTensor.from(array, { shape, device })
      },
      disposed,
    )
    await row(
      'host array, into another',
      'bothWays',
      'both ways, pinned',
      isLarge ? 2 : null,
      () => {
        onGpu.apply(array, request)
      },
    )
    images.dispose()
  }
  rows.push(...(await preprocessorRows(settings)))
  return rows
}

/** Bytes on the host, and bytes in a tensor. @param {Settings} settings @returns {Promise<Row[]>} */
async function preprocessorRows(settings) {
  const device = /** @type {const} */ (`cuda:${settings.ordinal}`)
  const decoded = sized({ ...large, layout: 'NHWC', valueBytes: 1 }, settings)
  const { count, channels, height, width } = decoded
  const shape = /** @type {const} */ ([count, height, width, channels])
  const name = `${count}×${height}×${width}×${channels} uint8`
  const least = measure(
    settings,
    { name, options: imagenet, batch: decoded, inPlace: false },
    CALLS,
  )
  const bytes = written(new Uint8Array(count * height * width * channels))
  const { seed, ...gridmask } = imagenet
  const preprocessor = new Preprocessor({
    normalize: normalization.imagenet,
    gridmask,
    seed,
    device,
  })
  const there = DeviceTensor.from(bytes, { shape, layout: 'NHWC', device })
  /** @type {DeviceTensor | undefined} */
  let made
  const disposed = async () => {
    await made?.ready()
    made?.dispose()
  }
  const uploaded = async () => {
    made = preprocessor.apply(bytes, { shape })
    await made.ready()
  }
  const launched = () => {
    made = preprocessor.apply(there)
  }
  const ofHost = 1e3 * (await timeOf(uploaded, disposed, settings))
  const ofTensor = 1e3 * (await timeOf(launched, disposed, settings))
  there.dispose()
  const upload = 1e3 * median(least.upload)
  const launch = 1e3 * median(least.launch)
  return [
    {
      ...{
        name,
        what: 'Preprocessor, waited for',
        microseconds: ofHost,
        against: 'upload, pinned',
      },
      ...{ baselineMicroseconds: upload, ratio: ofHost / upload, reach: null },
    },
    {
      ...{
        name,
        what: 'Preprocessor, of a tensor',
        microseconds: ofTensor,
        against: 'a bare launch',
      },
      ...{ baselineMicroseconds: launch, ratio: ofTensor / launch, reach: null },
    },
  ]
}

/** Whether the plan alone determines the bytes of a case. @param {import('./gpu-cases.mjs').GpuCase} gpuCase */
function isCounted({ mixes, noise, decoded, options }) {
  return !mixes && !noise && !decoded && (options.unitProbability ?? 1) === 1
}

/** What each case must move, and how long memory takes for it by its maker's figure. */
function countedTable() {
  const rows = gpuCases.filter(isCounted).map((gpuCase) => {
    const { moved, newTensor, inPlace, batchBytes } = bytesOf(gpuCase)
    const microseconds = Object.fromEntries(
      Object.entries(dataSheets).map(([name, bandwidth]) => [name, (moved / bandwidth) * 1e6]),
    )
    return {
      name: gpuCase.name,
      target: gpuCase.inPlace ? 'in place' : 'new tensor',
      batchBytes,
      read: gpuCase.inPlace ? 0 : newTensor.read,
      written: gpuCase.inPlace ? inPlace.written : newTensor.written,
      movedBytes: moved,
      microseconds,
    }
  })
  const gpus = Object.keys(dataSheets)
  console.log('What the kernel must move, and what memory needs for that by its data sheet\n')
  printTable(
    ['', '', 'batch', 'read', 'written', 'in sectors', ...gpus],
    rows.map((row) => [
      row.name,
      row.target,
      megabytes(row.batchBytes),
      megabytes(row.read),
      megabytes(row.written),
      megabytes(row.movedBytes),
      ...gpus.map((gpu) => duration(/** @type {number} */ (row.microseconds[gpu]))),
    ]),
  )
  return rows
}

/** @param {import('./bytes.mjs').BatchShape} batch @param {Settings} settings */
function sized(batch, { quick }) {
  return quick ? { ...batch, count: 2 } : batch
}

/**
 * Milliseconds of one call.
 *
 * @param {() => unknown} work awaited if it is asynchronous
 * @param {(() => unknown) | undefined} after
 * @param {Settings} settings
 */
async function timeOf(work, after, { quick }) {
  const times = []
  // A program makes thousands of calls: not those are measured that V8 has yet to compile.
  const started = performance.now()
  for (let i = 0; i < 20_000 && performance.now() - started < (quick ? 0 : 600); i++) {
    await work()
    await after?.()
  }
  for (let i = 0; i < (quick ? 3 : 101); i++) {
    const started = performance.now()
    const result = work()
    if (result !== undefined) await result
    times.push(performance.now() - started)
    await after?.()
  }
  return median(times.slice(1))
}
