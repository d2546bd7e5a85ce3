// One of several processes, as its launcher says: loads its part of an epoch, and writes each sample to the
// place of its number in a file that all of them share.
import { open } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { launcherRank } from 'gridmask'
import { Piscina } from 'piscina'
import { namesOf } from './dataset.mjs'
import { loadEpoch } from './epoch.mjs'

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '' },
    out: { type: 'string', default: '' },
    count: { type: 'string', default: '62' },
    side: { type: 'string', default: '96' },
    seed: { type: 'string', default: '42' },
    epoch: { type: 'string', default: '2' },
    batch: { type: 'string', default: '8' },
    from: { type: 'string', default: '0' },
    to: { type: 'string', default: 'Infinity' },
    workers: { type: 'string', default: '2' },
  },
})
const { data, out, ...numbers } = values
const { count, side, seed, epoch, batch, from, to, workers } =
  /** @type {Record<keyof typeof numbers, number>} */ (
    Object.fromEntries(Object.entries(numbers).map(([name, text]) => [name, Number(text)]))
  )

const pool = new Piscina({
  filename: new URL('worker.mjs', import.meta.url).href,
  maxThreads: workers,
  // Preprocessor has one thread in each worker: the workers keep the cores busy.
  workerData: { files: namesOf(data, count), side, seed, threads: 1 },
})
const file = await open(out, 'r+')
const sampleBytes = 3 * side * side * 4
const sizes = []
for await (const { indices, images } of loadEpoch(pool, {
  count,
  epoch,
  seed,
  batch,
  from,
})) {
  for (const [n, index] of indices.entries()) {
    const bytes = new Uint8Array(images.buffer, n * sampleBytes, sampleBytes)
    await file.write(bytes, 0, sampleBytes, index * sampleBytes)
  }
  sizes.push(indices.length)
  if (from + sizes.length >= to) break // like a training that is interrupted
}
await file.close()
await pool.close({ force: true })
console.log(JSON.stringify({ ...launcherRank(), sizes }))
