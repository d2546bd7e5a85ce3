// SPDX-License-Identifier: MIT
//
// npm run bench [-- --json FILE] [-- --quick]
//
// Ratios taken in one run on one machine: what is measured and what it is held against take turns,
// so that both see the same weather. Times are medians and only notes.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { devices } from 'gridmask'
import { compare, median, time } from '../dist/cli/measure.js'
import { cases } from './cases.mjs'
import { gpuTable } from './gpu-table.mjs'

const { values: options } = parseArgs({
  options: { json: { type: 'string' }, quick: { type: 'boolean', default: false } },
})

const effort = options.quick ? { milliseconds: 1, rounds: 5 } : { milliseconds: 10, rounds: 25 }

const [cpu] = devices()
if (!cpu) throw new Error('no CPU in devices()')
console.log(`${cpu.name}, ${cpu.threads} threads, ${cpu.instructionSet}, Node ${process.version}\n`)

/** @type {Awaited<ReturnType<typeof measure>>[]} */
const rows = []
for (const benchmark of cases) {
  const row = await measure(benchmark)
  print(row)
  rows.push(row)
}

const missed = rows.filter((row) => row.met === false)
console.log(
  missed.length === 0
    ? '\nAll targets met.'
    : `\n${missed.length} missed: ${missed.map((row) => row.name).join('; ')}`,
)
console.log()
const gpu = await gpuTable({ quick: options.quick })
if (options.json) {
  const result = { date: new Date().toISOString(), cpu, node: process.version, rows, gpu }
  writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`)
}

/** @param {import('./cases.mjs').Case} benchmark */
async function measure({ name, target, setUp }) {
  const { subject, baseline, loop, sharp } = setUp()
  const { milliseconds: ms, baselineMilliseconds, ratio } = compare(subject, baseline, effort)
  const loopMs = loop && median([1, 2, 3].map(() => time(loop, 1)))
  const sharpMs = sharp && median([await timeAsync(sharp), await timeAsync(sharp)])
  const value = 'microseconds' in target ? ms * 1000 : ratio
  const limit = 'microseconds' in target ? target.microseconds : target.ratio
  return {
    name,
    against: target.against,
    milliseconds: ms,
    baselineMilliseconds,
    ratio,
    limit: limit ?? null,
    unit: 'microseconds' in target ? 'µs' : '×',
    value,
    met: limit === undefined ? null : value <= limit,
    loopRatio: loopMs === undefined ? null : loopMs / ms,
    sharpRatio: sharpMs === undefined ? null : sharpMs / ms,
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
  const reach = limit === null ? '' : `${met ? '✓' : '✗'} reach ${limit}`
  const loop = loopRatio === null ? '' : `plain loop ${loopRatio.toFixed(0)} × slower`
  const bySharp = sharpRatio === null ? '' : `sharp ${sharpRatio.toFixed(0)} × slower`
  const cells = [
    name.padEnd(58),
    (milliseconds < 0.1
      ? `${(milliseconds * 1000).toFixed(1)} µs`
      : `${milliseconds.toFixed(2)} ms`
    ).padStart(9),
    `${value.toFixed(2)} ${unit}`.padStart(9),
    against.padEnd(28),
    reach.padEnd(13),
    loop,
    bySharp,
  ]
  console.log(cells.join('  ').trimEnd())
}
