// How many images per second pools of workers load, and how much of the time is Preprocessor: with one
// thread in each worker, and with as many as there are cores.
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { normalization, Preprocessor, presets } from 'gridmask'
import { Piscina } from 'piscina'
import { namesOf, writeDataset } from './dataset.mjs'
import { loadEpoch } from './epoch.mjs'

const COUNT = 256
const SIDE = 224
const cores = availableParallelism()

const folder = await mkdtemp(join(tmpdir(), 'gridmask-loading-'))
try {
  await writeDataset(folder, COUNT)
  console.log(`${cores} cores, load ${loadavg()[0]?.toFixed(1)} before. Best of 5 epochs:`)
  for (const workers of [1, cores, 2 * cores]) {
    for (const threads of [1, cores]) {
      const pool = new Piscina({
        filename: new URL('worker.mjs', import.meta.url).href,
        minThreads: workers,
        maxThreads: workers,
        workerData: { files: namesOf(folder, COUNT), side: SIDE, seed: 1, threads },
      })
      let best = Number.POSITIVE_INFINITY
      for (let epoch = 0; epoch < 5; epoch++) {
        const started = performance.now()
        for await (const _ of loadEpoch(pool, { count: COUNT, epoch, seed: 1, batch: 32 }));
        best = Math.min(best, performance.now() - started)
      }
      await pool.close({ force: true })
      const perSecond = Math.round((COUNT / best) * 1000)
      console.log(`${workers} workers, ${threads} threads in each: ${perSecond} images/s`)
    }
  }
} finally {
  await rm(folder, { recursive: true })
}

const shape = /** @type {const} */ ([32, SIDE + 32, SIDE + 32, 3])
const images = new Uint8Array(32 * (SIDE + 32) ** 2 * 3).fill(1)
for (const threads of [1, cores]) {
  const preprocessor = new Preprocessor({
    size: [SIDE, SIDE],
    crop: 'random',
    flip: 0.5,
    normalize: normalization.imagenet,
    gridmask: { ...presets.imagenet, probability: 1 },
    threads,
  })
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 50; i++) {
    const started = performance.now()
    preprocessor.apply(images, { shape })
    best = Math.min(best, performance.now() - started)
  }
  console.log(`a batch of 32 from decoded images, ${threads} threads: ${best.toFixed(2)} ms`)
}
