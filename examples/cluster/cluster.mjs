// A folder of pictures becomes shards of ready batches, on one host or on several. README.md says how.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describe, keep, missingShards } from './manifest.mjs'
import { makeShards, work } from './queue.mjs'
import { startRedis } from './redis.mjs'
import { shardWriter } from './shard.mjs'
import { UserError } from './user-error.mjs'

const USAGE = `cluster.mjs COMMAND PICTURES SHARDS [options]

  here      starts a Redis and workers on this machine, and makes all shards
  jobs      lists the shards in a Redis that runs, and waits until workers have made them
  worker    makes shards of that list until it is told to end
  alone     makes all shards in this process, without Redis

  PICTURES  a folder of pictures, and of folders of them
  SHARDS    where the shards go

  --redis URL         of jobs and worker: redis://host:6379, or the path of a socket
  --workers N         of here: how many; by default one for each core
  --lock SECONDS      of here and worker: after so long without a sign of life a worker has lost its
                      shard to another; by default 30
  --size PIXELS       height and width in a shard; by default 224
  --per-shard N       pictures in a shard; by default 256
  --epoch N           whose crops, flips and masks are drawn; by default 0
  --seed N            by default 0`

try {
  await main()
} catch (error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error)
  if (!(error instanceof UserError || code?.startsWith('ERR_PARSE_ARGS'))) throw error
  console.error(message)
  process.exitCode = 1
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      redis: { type: 'string' },
      workers: { type: 'string', default: String(availableParallelism()) },
      lock: { type: 'string', default: '30' },
      size: { type: 'string', default: '224' },
      'per-shard': { type: 'string', default: '256' },
      epoch: { type: 'string', default: '0' },
      seed: { type: 'string', default: '0' },
      help: { type: 'boolean' },
    },
  })
  const [command, pictures, shards, ...more] = positionals
  if (values.help) return console.log(USAGE)
  const known = ['here', 'jobs', 'worker', 'alone'].includes(command ?? '')
  if (!known || pictures === undefined || shards === undefined || more.length > 0) {
    throw new UserError(USAGE)
  }
  const folders = { pictures, shards }
  const lock = wholeNumber('--lock', values.lock, 1)
  const redis = () => {
    if (values.redis !== undefined) return values.redis
    throw new UserError('--redis is missing: the URL of the Redis with the job list')
  }
  if (command === 'worker') return work(redis(), folders, { threads: 1, lock })

  await mkdir(shards, { recursive: true })
  const manifest = await describe(pictures, {
    size: wholeNumber('--size', values.size, 1),
    epoch: wholeNumber('--epoch', values.epoch, 0),
    seed: wholeNumber('--seed', values.seed, 0),
    perShard: wholeNumber('--per-shard', values['per-shard'], 1),
  })
  await keep(shards, manifest)
  if (command === 'jobs') return makeShards(redis(), shards, manifest)
  if (command === 'here') {
    return makeHere(folders, manifest, wholeNumber('--workers', values.workers, 1), lock)
  }
  const writeShard = shardWriter(manifest, folders)
  for (const number of await missingShards(shards, manifest)) await writeShard(number)
}

/**
 * @param {string} name
 * @param {string} text
 * @param {number} least
 */
function wholeNumber(name, text, least) {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value
  throw new UserError(`Expected ${name} to be a whole number of at least ${least}, not '${text}'`)
}

/**
 * @param {import('./shard.mjs').Folders} folders
 * @param {import('./manifest.mjs').Manifest} manifest
 * @param {number} count
 * @param {number} lock
 */
async function makeHere({ pictures, shards }, manifest, count, lock) {
  const redis = await startRedis()
  const args = ['worker', pictures, shards, '--redis', redis.address, '--lock', String(lock)]
  const workers = Array.from({ length: count }, () => fork(fileURLToPath(import.meta.url), args))
  const ended = workers.map((worker) => once(worker, 'exit'))
  const stopped = new AbortController()
  // A worker that dies leaves its shard to the others, as long as there are any.
  Promise.all(ended).then(() => stopped.abort('All workers have ended before all shards were made'))
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.once(signal, () => stopped.abort('Stopped. The same command goes on from here'))
  }
  try {
    await makeShards(redis.address, shards, manifest, stopped.signal)
  } catch (error) {
    if (!stopped.signal.aborted) throw error
    throw new UserError(stopped.signal.reason)
  } finally {
    for (const worker of workers) worker.kill()
    await Promise.all(ended)
    await redis.stop()
  }
}
