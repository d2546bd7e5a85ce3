// SPDX-License-Identifier: MIT
//
// What more threads gain: 1, 2, 4 … and as many as there are, in turn.
import { GridMask, normalization, Preprocessor, presets } from 'gridmask'
import { callsFor, median, time } from '../dist/cli/measure.js'
import { batchOf, channelsLast, large, small, threads } from './batches.mjs'
import { duration, printTable } from './text.mjs'

const every = { probability: 1, seed: 1, device: /** @type {const} */ ('cpu') }

/** @type {{ name: string, callOf: (threads: number) => () => unknown }[]} */
const works = [
  {
    name: `${large.join('×')} float32 in place`,
    callOf: maskingOf({ ...presets.imagenet, ...every }, large, true),
  },
  {
    name: `${large.join('×')} float32 into another array`,
    callOf: maskingOf({ ...presets.imagenet, ...every }, large, false),
  },
  {
    name: `${small.join('×')} float32 into another array`,
    callOf: maskingOf({ ...presets.cifar10, ...every, rotate: 360 }, small, false),
  },
  { name: `${channelsLast(large).join('×')} bytes to float32`, callOf: preprocessing },
]

/** @param {{ milliseconds: number, rounds: number }} effort */
export function threadsTable({ milliseconds, rounds }) {
  /** @type {number[]} */
  const counts = []
  for (let count = 1; count < threads; count *= 2) counts.push(count)
  counts.push(threads)
  const rows = works.map(({ name, callOf }) => {
    const calls = counts.map((count) => {
      const call = callOf(count)
      return { call, times: callsFor(call, milliseconds) }
    })
    const taken = Array.from({ length: rounds }, () =>
      calls.map(({ call, times }) => {
        call()
        return time(call, times)
      }),
    )
    const of = counts.map((_, i) => median(taken.map((round) => /** @type {number} */ (round[i]))))
    return { name, threads: counts, milliseconds: of }
  })
  printTable(
    ['', '1 thread', ...counts.slice(1).map((count) => `${count} threads`)],
    rows.map(({ name, milliseconds: of }) => {
      const [one = 0, ...more] = of
      return [name, duration(one * 1000), ...more.map((of) => `${(one / of).toFixed(2)} × as fast`)]
    }),
  )
  return rows
}

/**
 * @param {import('gridmask').GridMaskOptions} options
 * @param {import('./batches.mjs').Shape} shape
 * @param {boolean} inPlace
 */
function maskingOf(options, shape, inPlace) {
  const images = batchOf(shape, 'float32')
  const out = inPlace ? images : batchOf(shape, 'float32')
  /** @param {number} threads */
  return (threads) => {
    const gridmask = new GridMask({ ...options, threads })
    return () => gridmask.apply(images, { shape, out })
  }
}

/** @param {number} threads */
function preprocessing(threads) {
  const shape = channelsLast(large)
  const images = new Uint8Array(shape.reduce((a, b) => a * b)).fill(0x38)
  const out = new Float32Array(images.length)
  const gridmask = { ...presets.imagenet, probability: 1 }
  const normalize = normalization.imagenet
  const preprocessor = new Preprocessor({ normalize, gridmask, seed: 1, threads })
  return () => preprocessor.apply(images, { shape, out })
}
