// SPDX-License-Identifier: MIT
//
// node bench/speed.mjs [--check]
//
// Writes what the documentation says about speed, from bench/results/: the tables between `speed:`
// comments in README.md and docs/speed.md, and the two charts. To measure again on your machine:
//
//   npm run bench -- --json bench/results/cpu.json && node bench/speed.mjs
//   npm run bench:gpu -- --json bench/results/gpu.json && node bench/speed.mjs
//
// gpu-peers.json was measured once, with other libraries on an NVIDIA H200.
import { readFileSync, writeFileSync } from 'node:fs'
import { barChart } from './bar-chart.mjs'

/**
 * @typedef {{
 *   name: string, against: string, milliseconds: number, baselineMilliseconds: number, ratio: number
 *   unit: string, loopRatio: number | null, sharpRatio: number | null
 * }} CpuRow
 * @typedef {{ name: string, what: string, microseconds: number, ratio: number, against: string }} GpuRow
 * @typedef {{ name: string, what: string, triton?: number, compiled?: number, dali?: number }} PeerRow
 */

const root = new URL('../', import.meta.url)
/** @param {string} name */
const read = (name) => readFileSync(new URL(name, root), 'utf8')
/** @param {string} name */
const results = (name) => JSON.parse(read(`bench/results/${name}.json`))

/** @type {{ cpu: { name: string, threads: number, instructionSet: string }, node: string, date: string, rows: CpuRow[], scaling: { name: string, threads: number[], milliseconds: number[] }[] }} */
const cpu = results('cpu')
/** @type {{ gpu: { device: { name: string }, kernels: GpuRow[], calls: GpuRow[] } }} */
const { gpu } = results('gpu')
/** @type {{ device: string, microseconds: PeerRow[], wholeCall: Record<string, number> }} */
const peers = results('gpu-peers')

/** Three digits. @param {number} value */
const digits = (value) => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 9.95 ? 1 : 2))
/** @param {number} ms */
const time = (ms) => (ms < 1 ? `${digits(1000 * ms)} µs` : `${digits(ms)} ms`)
/** @param {number} us */
const micro = (us) => `${us.toFixed(us < 100 ? 1 : 0)} µs`
/** @param {number} ratio */
const times = (ratio) => `${ratio >= 9.95 ? ratio.toFixed(0) : ratio.toFixed(1)} ×`

/** @param {string} name @returns {CpuRow} */
function cpuRow(name) {
  const row = cpu.rows.find((candidate) => candidate.name === name)
  if (row === undefined) throw new Error(`bench/results/cpu.json has no case ${name}`)
  return row
}

/** @param {string} name @param {string} what @returns {GpuRow} */
function kernel(name, what) {
  const row = gpu.kernels.find((one) => one.name === name && one.what === what)
  if (row === undefined) throw new Error(`bench/results/gpu.json has no case ${name}, ${what}`)
  return row
}

/** @param {string} name @param {string} what @returns {PeerRow} */
function peer(name, what) {
  return peers.microseconds.find((one) => one.name === name && one.what === what) ?? { name, what }
}

/** Columns of numbers are flush right. @param {string[]} head @param {string[][]} rows */
const table = (head, rows) =>
  [
    head,
    head.map((_, i) =>
      rows.every((cells) => /^(\d|$)/.test(cells[i] ?? '') && i > 0) ? '---:' : '---',
    ),
    ...rows,
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')

function cpuTable() {
  return table(
    ['case', 'time', 'against', 'ratio', 'JavaScript loop', 'sharp'],
    cpu.rows.map(({ name, milliseconds, against, unit, ratio, loopRatio, sharpRatio }) => [
      name,
      time(milliseconds),
      unit === '×' ? against : '',
      unit === '×' ? ratio.toFixed(2) : '',
      loopRatio === null ? '' : `${times(loopRatio)} as long`,
      sharpRatio === null ? '' : `${times(sharpRatio)} as long`,
    ]),
  )
}

function threadsTable() {
  const counts = cpu.scaling[0]?.threads ?? []
  return table(
    ['batch', ...counts.map((count) => (count === 1 ? '1 thread' : `${count} threads`))],
    cpu.scaling.map(({ name, milliseconds }) => [name, ...milliseconds.map(time)]),
  )
}

function gpuTable() {
  const names = [...new Set(gpu.kernels.map(({ name }) => name))]
  return table(
    ['batch', 'new tensor', '÷ copy', 'in place', '÷ memset'],
    names.map((name) => [
      name,
      ...['new tensor', 'in place'].flatMap((what) => {
        const row = gpu.kernels.find((one) => one.name === name && one.what === what)
        return row === undefined ? ['', ''] : [micro(row.microseconds), row.ratio.toFixed(2)]
      }),
    ]),
  )
}

function peerTable() {
  return table(
    ['', '', 'gridmask', 'Triton', '`torch.compile`', 'DALI'],
    peers.microseconds.map((row) => [
      row.name,
      row.what,
      micro(kernel(row.name, row.what).microseconds),
      ...[row.triton, row.compiled, row.dali].map((us) => (us === undefined ? '' : micro(us))),
    ]),
  )
}

function callTable() {
  return table(
    ['batch', 'call', 'time', 'against', '', 'ratio'],
    gpu.calls.map(({ name, what, microseconds, against, ratio }) => [
      name,
      what,
      micro(microseconds),
      against,
      micro(microseconds / ratio),
      times(ratio),
    ]),
  )
}

const IN_PLACE = '64×3×224×224 float32, rotated, in place'
const PREPROCESSED = '64×224×224×3 bytes → floats, normalised and masked'

function shortTable() {
  const inPlace = cpuRow(IN_PLACE)
  const made = cpuRow(PREPROCESSED)
  const loop = (/** @type {CpuRow} */ row) => /** @type {number} */ (row.loopRatio)
  const [float, bytes] = [
    ['64×3×224×224 float32', 'in place'],
    ['64×224×224×3 uint8', 'new tensor'],
  ]
  const ofGpu = (
    /** @type {string[]} */ [name = '', what = ''],
    /** @type {'compiled' | 'dali'} */ key,
  ) => {
    const own = kernel(name, what).microseconds
    const theirs = /** @type {number} */ (peer(name, what)[key])
    return [micro(own), micro(theirs), times(theirs / own)]
  }
  return table(
    ['64 images of 3×224×224, every one masked', 'gridmask', 'instead', ''],
    [
      [
        `CPU: float32 in place, against a JavaScript loop over a finished mask`,
        time(inPlace.milliseconds),
        time(inPlace.milliseconds * loop(inPlace)),
        times(loop(inPlace)),
      ],
      [
        'CPU: bytes to a normalised, masked float32 batch, against a JavaScript loop without masks',
        time(made.milliseconds),
        time(made.milliseconds * loop(made)),
        times(loop(made)),
      ],
      [
        'GPU: float32 in place, against `torch.compile` of mask and product',
        ...ofGpu(float, 'compiled'),
      ],
      ["GPU: bytes into a new tensor, against DALI's GridMask", ...ofGpu(bytes, 'dali')],
    ],
  )
}

const machine = `${cpu.cpu.name}, ${cpu.cpu.threads} threads, ${cpu.cpu.instructionSet.toUpperCase()}, Node ${cpu.node.replace('v', '')}`

function cpuChart() {
  /** @param {string} name @param {string} title @param {string} baseline */
  const group = (name, title, baseline) => {
    const { milliseconds, ratio, loopRatio, sharpRatio } = cpuRow(name)
    const bar = (/** @type {string} */ who, /** @type {number} */ ms, own = false) => ({
      name: who,
      value: ms,
      label: time(ms),
      own,
    })
    return {
      title,
      bars: [
        bar('gridmask', milliseconds, true),
        bar(baseline, milliseconds / ratio),
        ...(sharpRatio === null ? [] : [bar('sharp, planes only', milliseconds * sharpRatio)]),
        ...(loopRatio === null ? [] : [bar('JavaScript loop', milliseconds * loopRatio)]),
      ],
    }
  }
  return barChart({
    title: 'Time for a batch on the CPU',
    line: `${machine}. Each group has a scale of its own.`,
    groups: [
      group(IN_PLACE, '64×3×224×224 float32\nin place', 'memset of the batch'),
      group(
        '64×3×224×224 float32, rotated, into another array',
        '64×3×224×224 float32\ninto another array',
        'memcpy of the batch',
      ),
      group(
        '256×3×32×32 float32, rotated, in place',
        '256×3×32×32 float32\nin place',
        'memset of the batch',
      ),
      group(
        '256×3×32×32 float32, rotated, into another array',
        '256×3×32×32 float32\ninto another array',
        'memcpy of the batch',
      ),
      group(PREPROCESSED, '64×224×224×3 bytes\nto a masked float32 batch', 'memcpy of the result'),
    ],
  })
}

function gpuChart() {
  const shown = [
    ['64×3×224×224 float32', 'new tensor'],
    ['64×3×224×224 float32', 'in place'],
    ['64×224×224×3 float32', 'new tensor'],
    ['64×224×224×3 float32', 'in place'],
    ['64×3×224×224 float16', 'new tensor'],
    ['64×224×224×3 uint8', 'new tensor'],
    ['256×3×32×32 float32', 'new tensor'],
  ]
  return barChart({
    title: 'Time of the kernel on a GPU',
    line: `${gpu.device.name}. All groups share one scale.`,
    axis: 'microseconds for the whole batch',
    groups: shown.map(([name = '', what = '']) => {
      const { microseconds, ratio } = kernel(name, what)
      const { triton, compiled, dali } = peer(name, what)
      const bar = (/** @type {string} */ who, /** @type {number | undefined} */ us, own = false) =>
        us === undefined ? [] : [{ name: who, value: us, label: micro(us), own }]
      return {
        title: `${name}\n${what}`,
        bars: [
          ...bar('gridmask', microseconds, true),
          ...bar(
            what === 'in place' ? 'memset of the batch' : 'copy of the batch',
            microseconds / ratio,
          ),
          ...bar('a Triton kernel', triton),
          ...bar('torch.compile', compiled),
          ...bar('NVIDIA DALI', dali),
        ],
      }
    }),
  })
}

/** @type {Record<string, () => string>} */
const tables = {
  short: shortTable,
  machine: () => `${machine}; ${cpu.date.slice(0, 10)}.`,
  cpu: cpuTable,
  threads: threadsTable,
  gpu: gpuTable,
  peers: peerTable,
  calls: callTable,
}

/** @param {string} page */
function filled(page) {
  return read(page).replaceAll(
    /(<!-- speed:(\w+) -->\n)[\s\S]*?(<!-- \/speed -->)/g,
    (_, begin, name, end) => {
      const make = tables[name]
      if (make === undefined) throw new Error(`${page} asks for a table ${name}`)
      return `${begin}\n${make()}\n\n${end}`
    },
  )
}

/** @type {Record<string, string>} */
const files = {
  'README.md': filled('README.md'),
  'docs/speed.md': filled('docs/speed.md'),
  'docs/images/speed-cpu.svg': cpuChart(),
  'docs/images/speed-gpu.svg': gpuChart(),
}
const check = process.argv.includes('--check')
for (const [name, text] of Object.entries(files)) {
  if (!check) writeFileSync(new URL(name, root), text)
  else if (read(name) !== text) {
    console.error(`${name} is not what bench/results/ says: node bench/speed.mjs`)
    process.exitCode = 1
  }
}
