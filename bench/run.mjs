// SPDX-License-Identifier: MIT
//
// npm run bench [-- --json FILE] [-- --quick] [-- --only TEXT] [-- --calibrate]
//
// Ratios from one run on one machine: a case and its baseline take turns, so that both see the same
// conditions. Times are medians, and for information only.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { devices } from 'gridmask'
import { callsFor, median, time } from '../dist/cli/measure.js'
import { baseline, threads } from './batches.mjs'
import { calibrate } from './calibrate.mjs'
import { cases } from './cases.mjs'
import { gpuTable } from './gpu-table.mjs'
import { duration } from './text.mjs'
import { threadsTable } from './threads-table.mjs'

const { values: options } = parseArgs({
  options: {
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    calibrate: { type: 'boolean', default: false },
  },
})

const effort = options.quick ? { milliseconds: 1, rounds: 5 } : { milliseconds: 8, rounds: 25 }

const [cpu] = devices()
console.log(`${cpu.name}, ${cpu.threads} threads, ${cpu.instructionSet}, Node ${process.version}\n`)

if (options.calibrate) {
  write({ calibration: calibrate(effort) })
} else {
  const rows = await measureAll(cases.filter(({ name }) => name.includes(options.only)))
  if (options.only === '') {
    const scaling = threadsTable(effort)
    console.log()
    write({ rows, scaling, gpu: await gpuTable({ quick: options.quick }) })
  } else {
    write({ rows })
  }
}

/** @param {object} result */
function write(result) {
  if (options.json === undefined) return
  const all = { date: new Date().toISOString(), cpu, node: process.version, ...result }
  writeFileSync(options.json, `${JSON.stringify(all, null, 2)}\n`)
}

/** @param {import('./batches.mjs').Case[]} chosen */
async function measureAll(chosen) {
  console.log(`memcpy and memset: of the same batch (of Preprocessor: of the result) by ${threads}`)
  console.log('threads that are awake, in turns with what is measured.\n')
  const rows = []
  for (const benchmark of chosen) {
    const row = await measure(benchmark)
    print(row)
    rows.push(row)
  }
  const missed = rows.filter((row) => row.met === false)
  console.log(
    missed.length === 0
      ? '\nAll goals reached.\n'
      : `\n${missed.length} missed: ${missed.map((row) => row.name).join('; ')}\n`,
  )
  return rows
}

/** @param {import('./batches.mjs').Case} benchmark */
async function measure({ name, against, limit, microseconds, setUp }) {
  const { subject, baseline: held, loop, sharp } = setUp()
  const { milliseconds, baselineMilliseconds, ratio } = inTurns(subject, held)
  const loopMs = loop && median([1, 2, 3].map(() => time(loop, 1)))
  const sharpMs = sharp && median([await timeAsync(sharp), await timeAsync(sharp)])
  const value = microseconds === undefined ? ratio : milliseconds * 1000
  const reach = microseconds ?? limit
  return {
    name,
    against,
    milliseconds,
    baselineMilliseconds,
    ratio,
    limit: reach ?? null,
    unit: microseconds === undefined ? '×' : 'µs',
    value,
    met: reach === undefined ? null : value <= reach,
    loopRatio: loopMs === undefined ? null : loopMs / milliseconds,
    sharpRatio: sharpMs === undefined ? null : sharpMs / milliseconds,
  }
}

/** @param {() => unknown} subject @param {() => void} held */
function inTurns(subject, held) {
  /** @param {number} calls */
  const timeAwake = (calls) => {
    baseline.wake(threads)
    held()
    const milliseconds = time(held, calls)
    baseline.rest()
    return milliseconds
  }
  const calls = callsFor(subject, effort.milliseconds)
  let heldCalls = 1
  while (timeAwake(heldCalls) * heldCalls < effort.milliseconds) heldCalls *= 2
  const rounds = Array.from({ length: effort.rounds }, () => {
    const of = timeAwake(heldCalls)
    // Like the other one: not the first call after something else.
    subject()
    return { of, is: time(subject, calls) }
  })
  return {
    milliseconds: median(rounds.map(({ is }) => is)),
    baselineMilliseconds: median(rounds.map(({ of }) => of)),
    ratio: median(rounds.map(({ is, of }) => is / of)),
  }
}

/** @param {() => Promise<unknown>} work */
async function timeAsync(work) {
  const started = performance.now()
  await work()
  return performance.now() - started
}

/** @param {Awaited<ReturnType<typeof measure>>} row */
function print({ name, against, milliseconds, value, unit, limit, met, loopRatio, sharpRatio }) {
  const reach = limit === null ? '' : `${met ? '✓' : '✗'} goal ${limit}`
  const loop = loopRatio === null ? '' : `plain loop ${loopRatio.toFixed(0)} × slower`
  const bySharp = sharpRatio === null ? '' : `sharp ${sharpRatio.toFixed(0)} × slower`
  const cells = [
    name.padEnd(62),
    duration(milliseconds * 1000).padStart(9),
    `${value.toFixed(2)} ${unit}`.padStart(9),
    against.padEnd(23),
    reach.padEnd(12),
    loop,
    bySharp,
  ]
  console.log(cells.join('  ').trimEnd())
}
