// SPDX-License-Identifier: MIT
//
// What each way of masking a row costs on this machine, for several lengths of runs and sizes of a
// pixel, where one overtakes the other, and what the choice of native/cpu/ costs.
import { createRequire } from 'node:module'
import { printTable } from './text.mjs'

/**
 * @typedef {{
 *   count: number, planes: number, side: number, pixelBytes: number
 *   d: number, angle: number, inPlace: boolean, mixes: boolean
 * }} Settings
 * @type {{ time(settings: Settings, milliseconds: number): Record<'runs' | 'bits' | 'chosen', number> }}
 */
const native = createRequire(import.meta.url)('../build/bench/bench_loops.node')

const SIDE = 224
/** Of small images, whose rows have few runs, which are learnt less well. */
const SMALL_SIDE = 32
/** The result fits in a core's cache, but there are too many runs for the processor to learn them. */
const NEAR_BYTES = 2 ** 20
/** Beyond the caches of a core. */
const FAR_BYTES = 2 ** 25
/** So many that something else on the machine does not disturb all of them. */
const ROUNDS = 3
const RUNS = [2, 4, 8, 16, 32, 64]
/** Channels together in a pixel, or one in each of three planes. */
const pixels = [
  { name: 'uint8', pixelBytes: 1, planes: 3 },
  { name: 'float16', pixelBytes: 2, planes: 3 },
  { name: 'float32', pixelBytes: 4, planes: 3 },
  { name: 'uint8 NHWC', pixelBytes: 3, planes: 1 },
  { name: 'float16 NHWC', pixelBytes: 6, planes: 1 },
  { name: 'float32 NHWC', pixelBytes: 12, planes: 1 },
]
const operations = [
  { name: 'masked in place', inPlace: true, mixes: false, bytes: NEAR_BYTES, side: SIDE },
  { name: 'the same, 32×32', inPlace: true, mixes: false, bytes: NEAR_BYTES, side: SMALL_SIDE },
  { name: 'the same in 32 MiB', inPlace: true, mixes: false, bytes: FAR_BYTES, side: SIDE },
  { name: 'masked', inPlace: false, mixes: false, bytes: NEAR_BYTES, side: SIDE },
  { name: 'mixed in place', inPlace: true, mixes: true, bytes: NEAR_BYTES, side: SIDE },
  { name: 'the same, 32×32', inPlace: true, mixes: true, bytes: NEAR_BYTES, side: SMALL_SIDE },
  { name: 'mixed', inPlace: false, mixes: true, bytes: NEAR_BYTES, side: SIDE },
]
const angles = [
  { name: 'rotated', angle: 30 },
  { name: 'upright', angle: 0 },
]

/** @param {{ milliseconds: number }} effort */
export function calibrate({ milliseconds }) {
  console.log(
    `Nanoseconds of a row of ${SIDE} pixels, or as said, in all channels: by runs / by bits,`,
  )
  console.log('over the length of a run in pixels; the least of some rounds.')
  console.log('From where runs win; what the choice costs at most.\n')
  const rounds = Array.from({ length: ROUNDS }, () => measure(milliseconds))
  const rows = best(rounds)
  printTable(
    ['', '', '', ...RUNS.map((run) => `${run}`), 'runs from', 'at most'],
    rows.map(({ operation, turn, pixel, costs }) => [
      ...[operation, turn, pixel],
      ...RUNS.map((_, i) => costs[i]).map((cost) =>
        cost ? `${cost.runs.toFixed(0)}/${cost.bits.toFixed(0)}` : '',
      ),
      `${costs.find(({ runs, bits }) => runs <= bits)?.run ?? 'never'}`,
      Math.max(...costs.map(({ loss }) => loss)).toFixed(2),
    ]),
  )
  const worst = Math.max(...rows.flatMap(({ costs }) => costs.map(({ loss }) => loss)))
  console.log(`\nThe choice takes at most ${worst.toFixed(2)} times what the better way takes.`)
  return rows
}

/** @param {ReturnType<typeof measure>[]} rounds */
function best(rounds) {
  const [first = []] = rounds
  return first.map((row, i) => ({
    ...row,
    costs: row.costs.map((cost, k) => {
      const least = (/** @type {'runs' | 'bits' | 'chosen'} */ way) =>
        Math.min(...rounds.map((rows) => rows[i]?.costs[k]?.[way] ?? Number.POSITIVE_INFINITY))
      const [runs, bits, chosen] = [least('runs'), least('bits'), least('chosen')]
      return { run: cost.run, runs, bits, chosen, loss: chosen / Math.min(runs, bits) }
    }),
  }))
}

/** @param {number} milliseconds */
function measure(milliseconds) {
  return operations.flatMap(({ name: operation, bytes, side, ...how }) =>
    angles.flatMap(({ name: turn, angle }) =>
      pixels.map(({ name, pixelBytes, planes }) => {
        const costs = RUNS.filter((run) => run < side).map((run) => {
          // An image alone has no partner.
          const least = how.mixes ? 2 : 1
          const count = Math.max(least, Math.floor(bytes / (side * side * planes * pixelBytes)))
          const settings = { count, side, planes, pixelBytes, d: 2 * run, angle, ...how }
          const { runs, bits, chosen } = native.time(settings, milliseconds / 2)
          const ofRow = (/** @type {number} */ of) => of / (count * side)
          return { run, runs: ofRow(runs), bits: ofRow(bits), chosen: ofRow(chosen) }
        })
        return { operation, turn, pixel: name, costs }
      }),
    ),
  )
}
