// SPDX-License-Identifier: MIT
//
// node bench/counts.mjs
//
// The instructions that five cases take on one thread, as callgrind counts them: the same on every run,
// whatever else the machine does. Needs valgrind, which does not know AVX-512: the counts are for AVX2.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { printTable } from './text.mjs'

process.chdir(fileURLToPath(new URL('../', import.meta.url)))
const folder = 'build/test-plain'
output('cmake', '-S', '.', '-B', folder)
output('cmake', '--build', folder, '--target', 'bench_counts', '--parallel')
const program = `${folder}/bench_counts`

const cases = output(program).stdout.trim().split('\n')
const rows = cases.map((line) => {
  const [name = '', pixels] = line.split('\t')
  const { stderr } = output(
    'valgrind',
    ...['--tool=callgrind', '--callgrind-out-file=/dev/null', '--toggle-collect=*counted*'],
    ...[program, name],
  )
  const instructions = Number(/Collected : (\d+)/.exec(stderr)?.[1])
  return [name, `${instructions}`, (instructions / Number(pixels)).toFixed(2)]
})
printTable(['', 'instructions', 'a pixel'], rows)

/**
 * @param {string} command
 * @param {string[]} args
 */
function output(command, ...args) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`)
  return { stdout, stderr }
}
