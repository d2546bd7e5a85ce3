// Proves that shards add up: one process loads a whole epoch; three others, started at the same time
// and knowing nothing of each other, load a third each; one more is interrupted in the middle and
// continues in a new process. Every byte is compared.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { writeDataset } from './dataset.mjs'

const COUNT = 62
const SAMPLE_BYTES = 3 * 96 * 96 * 4
const run = promisify(execFile)
const script = fileURLToPath(new URL('shard.mjs', import.meta.url))

/** @typedef {{ args?: string[], env?: NodeJS.ProcessEnv }} Process */

const folder = await mkdtemp(join(tmpdir(), 'gridmask-loading-'))
try {
  await writeDataset(folder, COUNT)

  /**
   * Runs processes that all write into one new file, and returns its bytes: the processes of a group run
   * at the same time, the groups one after another.
   *
   * @param {string} name
   * @param {Process[][]} groups
   */
  const load = async (name, ...groups) => {
    const out = join(folder, name)
    await writeFile(out, Buffer.alloc(COUNT * SAMPLE_BYTES))
    let written = 0
    for (const group of groups) {
      const runs = group.map(({ args = [], env }) =>
        run(process.execPath, [script, ...common, out, ...args], {
          env: { ...process.env, ...env },
        }),
      )
      for (const { stdout } of await Promise.all(runs)) {
        const { rank, worldSize, sizes } = JSON.parse(stdout)
        console.log(`${name}, rank ${rank} of ${worldSize}: batches of ${sizes.join(', ')}`)
        for (const size of sizes) written += size
      }
    }
    if (written !== COUNT) throw new Error(`${name}: ${written} samples instead of ${COUNT}`)
    return readFile(out)
  }
  const common = ['--data', folder, '--count', String(COUNT), '--out']

  const whole = await load('one process', [{}])
  // As a launcher does it.
  const thirds = ['0', '1', '2'].map((RANK) => ({ env: { RANK, WORLD_SIZE: '3' } }))
  /** @type {[name: string, bytes: Buffer][]} */
  const others = [
    ['three processes', await load('three processes', thirds)],
    ['other batches', await load('other batches', [{ args: ['--batch', '5', '--workers', '1'] }])],
    [
      'interrupted',
      await load('interrupted', [{ args: ['--to', '3'] }], [{ args: ['--from', '3'] }]),
    ],
  ]
  for (const [name, bytes] of others) {
    const equal = bytes.equals(whole)
    console.log(`${name}: ${equal ? 'every byte as in one process' : 'NOT as in one process'}`)
    if (!equal) process.exitCode = 1
  }
} finally {
  await rm(folder, { recursive: true })
}
