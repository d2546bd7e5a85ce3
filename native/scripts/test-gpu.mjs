// SPDX-License-Identifier: MIT
//
// npm run test:gpu [-- jest's options]
//
// Runs the CUDA suites on a real driver, the one that GRIDMASK_CUDA_DRIVER names or the system's,
// then measures, and prints both as tables. Tests that need the test driver are skipped. Runs
// unattended: the exit status says whether all passed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cudaStatus } from 'gridmask'
import { printTable } from '../../bench/text.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const status = cudaStatus()
if (!status.available) {
  console.log(`${status.reason}: ${status.message}`)
  process.exit(1)
}

const folder = mkdtempSync(join(tmpdir(), 'gridmask-test-gpu-'))
const report = join(folder, 'report.json')
const jest = join(root, 'node_modules/jest/bin/jest.js')
const args = ['--expose-gc', jest, 'test/cuda', '--json', `--outputFile=${report}`]
const env = { ...process.env, GRIDMASK_TEST_GPU: '1' }
const run = spawnSync(process.execPath, [...args, ...process.argv.slice(2)], {
  cwd: root,
  env,
  // Jest prints its report to stdout too.
  stdio: ['inherit', 'ignore', 'inherit'],
})
/** @type {{ testResults: { name: string, assertionResults: { status: string }[] }[] }} */
const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
rmSync(folder, { recursive: true })

// Loaded only now, because it measures on the driver that is loaded by then.
const { gpuTable } = await import('../../bench/gpu-table.mjs')
const quick = (process.env.GRIDMASK_CUDA_DRIVER ?? '') !== ''
console.log()
await gpuTable({ quick })

console.log('\nCorrectness\n')
printTable(
  ['', 'passed', 'skipped', 'failed'],
  testResults.map(({ name, assertionResults }) => {
    const count = (/** @type {string[]} */ statuses) =>
      String(assertionResults.filter(({ status: each }) => statuses.includes(each)).length)
    return [basename(name), count(['passed']), count(['pending', 'todo']), count(['failed'])]
  }),
)
console.log(run.status === 0 ? '\nAll passed.' : '\nNot all passed: see above.')
process.exit(run.status ?? 1)
