// The job list in Redis: one process makes it and waits for its end; workers work on it.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Queue, Worker } from 'bullmq'
import { SingleBar } from 'cli-progress'
import { load, missingShards, nameOf } from './manifest.mjs'
import { connect } from './redis.mjs'
import { shardWriter } from './shard.mjs'
import { UserError } from './user-error.mjs'

/** How often a shard may lose its worker. Beyond that, the shard itself is probably the reason. */
const DEATHS = 10

/**
 * Lists the shards that are not there, and waits until they are.
 *
 * @param {string} address of Redis
 * @param {string} folder of the shards
 * @param {import('./manifest.mjs').Manifest} manifest
 * @param {AbortSignal} [signal] ends the waiting
 */
export async function makeShards(address, folder, manifest, signal) {
  const redis = await connect(address)
  const queue = new Queue(nameOf(manifest), {
    connection: redis,
    defaultJobOptions: {
      // A shared folder may be unavailable for a moment.
      attempts: 3,
      backoff: { type: 'fixed', delay: 1000 },
      removeOnComplete: true,
    },
  })
  try {
    // Failures of an earlier run may have been repaired by now.
    await queue.clean(0, 0, 'failed')
    const missing = await missingShards(folder, manifest)
    // A shard that is already listed or being made is not listed again, since its name is the job's.
    await queue.addBulk(
      missing.map((number) => ({
        name: 'shard',
        data: { number },
        opts: { jobId: manifest.shards[number]?.file ?? '' },
      })),
    )
    await watch(queue, manifest.shards.length, signal)
    const failed = await queue.getFailed(0, 9)
    if (failed.length > 0) {
      const reasons = failed.map(({ id, failedReason }) => `\n  ${id}: ${failedReason}`)
      throw new UserError(`Shards that could not be made:${reasons.join('')}`)
    }
    if ((await missingShards(folder, manifest)).length > 0) {
      throw new UserError(
        `Workers have put shards elsewhere: ${folder} is not the folder of theirs`,
      )
    }
    await queue.obliterate({ force: true })
  } finally {
    await queue.close()
    redis.disconnect()
  }
  // What killed workers have left behind.
  for (const name of await readdir(folder)) {
    if (name.endsWith('.partial')) await rm(join(folder, name), { force: true })
  }
}

/**
 * @param {Queue} queue
 * @param {number} total
 * @param {AbortSignal} [signal]
 */
async function watch(queue, total, signal) {
  const bar = new SingleBar({
    format: '{bar} {value} of {total} shards, {duration_formatted}, {eta_formatted} to go',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    // In a log, a line every ten seconds.
    noTTYOutput: true,
    notTTYSchedule: 10_000,
  })
  bar.start(total, 0)
  try {
    for (;;) {
      const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'failed')
      const open = (counts.wait ?? 0) + (counts.active ?? 0) + (counts.delayed ?? 0)
      bar.update(total - open - (counts.failed ?? 0))
      if (open === 0) return
      await sleep(200, undefined, { signal })
    }
  } finally {
    bar.stop()
  }
}

/**
 * Makes shards until the process is asked to stop; then it finishes the current one.
 *
 * @param {string} address of Redis
 * @param {import('./shard.mjs').Folders} folders as this host sees them
 * @param {{ threads?: number, lock: number }} settings
 *   `lock`: seconds without a sign of life after which a worker loses its shard to another
 */
export async function work(address, folders, { threads, lock }) {
  const manifest = await load(folders.shards)
  const writeShard = shardWriter(manifest, folders, threads)
  const redis = await connect(address)
  const worker = new Worker(nameOf(manifest), ({ data }) => writeShard(data.number), {
    connection: redis,
    lockDuration: 1000 * lock,
    stalledInterval: 1000 * lock,
    maxStalledCount: DEATHS,
  })
  worker.on('error', ({ message }) => console.error(message))
  worker.on('failed', (job, { message }) => console.error(`${job?.id}: ${message}`))
  await new Promise((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
    // A worker that `here` has started ends when `here` is gone.
    process.once('disconnect', resolve)
  })
  await worker.close()
  redis.disconnect()
  if (process.connected) process.disconnect()
}
