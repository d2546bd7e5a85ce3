// SPDX-License-Identifier: MIT
//
// npm run bench:gpu [-- --device N] [-- --json FILE] [-- --quick]
//
// The GPU's part of the benchmark alone. Without a GPU it says why, prints the bytes that would have
// to move, and ends without an error.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { gpuTable } from './gpu-table.mjs'

const { values: options } = parseArgs({
  options: {
    device: { type: 'string', default: '0' },
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
})

const gpu = await gpuTable({ quick: options.quick, ordinal: Number(options.device) })
if (options.json) {
  const result = { date: new Date().toISOString(), node: process.version, gpu }
  writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`)
}
