// SPDX-License-Identifier: MIT
//
// The GPU's part of the benchmark: measured where there is a GPU, else counted. On the device, time
// is the device's own, and the limit is what must move at the speed of a copy from its memory to its
// memory, measured in turn with the kernel.
import { createRequire } from 'node:module'
import { cudaStatus, DeviceTensor, devices, GridMask } from 'gridmask'
import { median } from '../dist/cli/measure.js'
import { bytesOf, gpuCases, hostCases, packedPlan } from './gpu-cases.mjs'
import { duration, gigabytesASecond, megabytes, percent, printTable } from './text.mjs'

/**
 * Milliseconds of each round.
 * @typedef {{ kernel: number[], copy: number[], upload: number[], download: number[] }} Times
 */

const require = createRequire(import.meta.url)
/** @type {{ measure(path: string, ordinal: number, request: object): Times }} */
const native = require('../build/bench/bench_gpu.node')
/** @type {{ copy(target: Uint8Array, source: Uint8Array, threads: number): void }} */
const { copy } = require('../build/bench/bench_baseline.node')

/** What takes turns moves at least so much in all: several times what a cache of a GPU holds. */
const RING_BYTES = 512 * 2 ** 20
const COPY_BYTES = 256 * 2 ** 20
/** How long the launches of a round take together. */
const ROUND_MS = 5

/** Bytes a second of the memory, from the makers' data sheets. */
const dataSheets = {
  'H100 SXM': 3.35e12,
  'A100 40 GB': 1.555e12,
  'RTX 4090': 1.008e12,
  T4: 0.32e12,
}

/**
 * Measures and prints, or says why there is nothing to measure and prints what would have to move.
 *
 * @param {{ quick: boolean, ordinal?: number }} options
 */
export function gpuTable({ quick, ordinal = 0 }) {
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
  const measured = { quick, ordinal, path, totalMemory: device.totalMemory }
  return {
    status,
    device,
    driver: path || 'system',
    resident: residentTable(measured),
    host: hostTable(measured),
  }
}

/** @typedef {{ quick: boolean, ordinal: number, path: string, totalMemory: number }} Settings */

/** @param {Settings} settings */
function residentTable(settings) {
  const rows = gpuCases.map((gpuCase) => {
    const batch = sized(gpuCase.batch, settings)
    const { batchBytes, moved } = bytesOf({ ...gpuCase, batch })
    const times = measure(settings, { ...gpuCase, batch }, { batchBytes, moved })
    const microseconds = median(times.kernel) * 1e3
    const copyBandwidth = bandwidthOf(times, settings)
    const limitMicroseconds = (moved / copyBandwidth) * 1e6
    const ofLimit = median(
      times.kernel.map((ms, i) => ((moved / ms) * 1e3) / copyAt(times, settings, i)),
    )
    return {
      name: gpuCase.name,
      target: gpuCase.inPlace ? 'in place' : 'new tensor',
      movedBytes: moved,
      microseconds,
      bandwidth: moved / (microseconds * 1e-6),
      copyBandwidth,
      limitMicroseconds,
      ofLimit,
      reach: gpuCase.reach ?? null,
      callMicroseconds: callTime({ ...gpuCase, batch }, settings),
    }
  })
  if (settings.quick) console.log('\nQuick: batches of 2 images, a few rounds.')
  console.log('\nOn the device: bytes that must move, at the speed of a copy in its memory\n')
  printTable(
    ['', '', 'must move', 'kernel', 'reached', 'copy', 'of the limit', 'whole call'],
    rows.map((row) => [
      row.name,
      row.target,
      megabytes(row.movedBytes),
      duration(row.microseconds),
      gigabytesASecond(row.bandwidth),
      gigabytesASecond(row.copyBandwidth),
      percent(row.ofLimit) +
        (row.reach === null
          ? ''
          : ` ${row.ofLimit >= row.reach ? '✓' : '✗'} reach ${percent(row.reach)}`),
      duration(row.callMicroseconds),
    ]),
  )
  return rows
}

/** Bytes a second that a copy reads and writes. @param {Times} times @param {Settings} settings */
function bandwidthOf(times, settings) {
  return median(times.copy.map((_, i) => copyAt(times, settings, i)))
}

/** @param {Times} times @param {Settings} settings @param {number} round */
function copyAt(times, settings, round) {
  const milliseconds = /** @type {number} */ (times.copy[round])
  return (2 * copyBytes(settings)) / (milliseconds * 1e-3)
}

/** @param {Settings} settings */
function copyBytes({ quick, totalMemory }) {
  return quick ? 2 ** 20 : Math.min(COPY_BYTES, Math.floor(totalMemory / 16))
}

/**
 * @param {Settings} settings
 * @param {import('./gpu-cases.mjs').GpuCase} gpuCase
 * @param {{ batchBytes: number, moved: number }} bytes
 * @returns {Times}
 */
function measure(settings, { options, batch, inPlace }, { batchBytes, moved }) {
  const { quick, ordinal, path, totalMemory } = settings
  const planar = batch.layout === 'NCHW'
  const held = batchBytes * (inPlace ? 1 : 2)
  const fitting = Math.max(1, Math.floor(totalMemory / 4 / held))
  const batches = quick ? 2 : Math.min(fitting, Math.ceil(RING_BYTES / moved))
  const request = {
    samples: packedPlan(options, batch),
    planes: planar ? batch.channels : 1,
    pixelBytes: batch.valueBytes * (planar ? 1 : batch.channels),
    valueBytes: batch.valueBytes,
    height: batch.height,
    width: batch.width,
    inPlace,
    batches,
    copyBytes: copyBytes(settings),
  }
  /** @param {number} launches @param {number} rounds @returns {Times} */
  const times = (launches, rounds) =>
    native.measure(path, ordinal, { ...request, launches, rounds })
  if (quick) return times(batches, 3)
  const launchMs = median(times(batches, 3).kernel)
  return times(Math.max(batches, Math.ceil(ROUND_MS / launchMs)), 25)
}

/**
 * Microseconds of a call from JavaScript on tensors of the device: the launch, and waiting for it.
 *
 * @param {import('./gpu-cases.mjs').GpuCase} gpuCase
 * @param {Settings} settings
 */
function callTime({ options, batch, inPlace }, settings) {
  const request = { ...requestOf(batch), device: /** @type {const} */ (`cuda:${settings.ordinal}`) }
  const images = DeviceTensor.from(arrayOf(batch), request)
  const other = DeviceTensor.from(arrayOf(batch), request)
  const gridmask = new GridMask(options)
  const out = inPlace ? images : other
  const milliseconds = medianTime(() => gridmask.apply(images, { out }), settings)
  images.dispose()
  other.dispose()
  return 1e3 * milliseconds
}

/** @param {Settings} settings */
function hostTable(settings) {
  const device = /** @type {const} */ (`cuda:${settings.ordinal}`)
  const rows = hostCases.map((hostCase) => {
    const batch = sized(hostCase.batch, settings)
    const gpuCase = { ...hostCase, batch, inPlace: true }
    const { batchBytes, moved } = bytesOf(gpuCase)
    const times = measure(settings, gpuCase, { batchBytes, moved })
    const images = arrayOf(batch)
    const out = arrayOf(batch)
    const request = { ...requestOf(batch), out }
    const onGpu = new GridMask({ ...hostCase.options, device })
    const onCpu = new GridMask({ ...hostCase.options, device: 'cpu' })
    const [cpu] = devices()
    /** @param {() => void} work */
    const microseconds = (work) => 1e3 * medianTime(work, settings)
    return {
      name: hostCase.name,
      callMicroseconds: microseconds(() => onGpu.apply(images, request)),
      uploadMicroseconds: 1e3 * median(times.upload),
      kernelMicroseconds: 1e3 * median(times.kernel),
      downloadMicroseconds: 1e3 * median(times.download),
      copyMicroseconds: microseconds(() => copy(bytes(out), bytes(images), cpu.threads)),
      cpuMicroseconds: microseconds(() => onCpu.apply(images, request)),
    }
  })
  console.log(
    '\nArrays on the host, into another array: the call, its parts alone, the CPU backend\n',
  )
  printTable(
    ['', 'call', 'upload', 'kernel', 'download', 'copy on the host', 'CPU backend'],
    rows.map((row) => [
      row.name,
      duration(row.callMicroseconds),
      duration(row.uploadMicroseconds),
      duration(row.kernelMicroseconds),
      duration(row.downloadMicroseconds),
      `2 × ${duration(row.copyMicroseconds)}`,
      duration(row.cpuMicroseconds),
    ]),
  )
  return rows
}

/** What each case must move, and how long memory needs for it by its maker's figure. */
function countedTable() {
  const rows = gpuCases.map((gpuCase) => {
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

/** @param {import('./bytes.mjs').BatchShape} batch */
function requestOf({ count, channels, height, width, layout, valueBytes }) {
  /** @type {[number, number, number, number]} */
  const shape =
    layout === 'NCHW' ? [count, channels, height, width] : [count, height, width, channels]
  const dtype = /** @type {const} */ ({ 1: 'uint8', 2: 'float16', 4: 'float32' })[valueBytes]
  return { shape, layout, dtype }
}

/** @param {import('./bytes.mjs').BatchShape} batch */
function arrayOf({ count, channels, height, width, valueBytes }) {
  const arrays = { 1: Uint8Array, 2: Uint16Array, 4: Float32Array }
  return new arrays[valueBytes](count * channels * height * width)
}

/** @param {ArrayBufferView} array */
function bytes(array) {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

/** Milliseconds of one call. @param {() => void} work @param {Settings} settings */
function medianTime(work, { quick }) {
  work()
  const times = Array.from({ length: quick ? 2 : 51 }, () => {
    const started = performance.now()
    work()
    return performance.now() - started
  })
  return median(times)
}
