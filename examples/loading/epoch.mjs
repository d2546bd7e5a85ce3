// An epoch's batches: in shuffled order, for one process, from any batch on, decoded ahead by a pool.
import { createHash } from 'node:crypto'
import { launcherRank, shardIndices } from 'gridmask'

/**
 * @typedef {object} EpochOptions
 * @property {number} count samples of the data set
 * @property {number} epoch
 * @property {number} seed
 * @property {number} batch samples of a batch; the last one has what is left
 * @property {import('gridmask').LauncherRank} [shard] which process this is, and of how many
 * @property {number} [from] batches to skip: those trained on before an interruption
 * @property {number} [ahead] batches that are decoded while one is in training
 */

/**
 * The data set's numbers in the order of an epoch: sorted by a hash, so that every process on every
 * machine gets the same order without asking the others.
 *
 * @param {number} count
 * @param {number} seed
 * @param {number} epoch
 */
export function orderOf(count, seed, epoch) {
  const hash = (/** @type {number} */ i) =>
    createHash('sha256').update(`${seed} ${epoch} ${i}`).digest('hex')
  const keyed = Array.from({ length: count }, (_, i) => ({ i, key: hash(i) }))
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ i }) => i)
}

/**
 * The numbers of each batch's samples.
 *
 * @param {EpochOptions} options
 */
export function batchesOf({ count, epoch, seed, batch, shard = launcherRank(), from = 0 }) {
  const order = orderOf(count, seed, epoch)
  const own = shardIndices(count, shard).map((place) => /** @type {number} */ (order[place]))
  const batches = Array.from({ length: Math.ceil(own.length / batch) }, (_, b) =>
    own.slice(b * batch, (b + 1) * batch),
  )
  return batches.slice(from)
}

/**
 * @param {import('piscina').Piscina} pool
 * @param {EpochOptions} options
 * @returns {AsyncGenerator<{ indices: number[], images: Float32Array }>}
 */
export async function* loadEpoch(pool, options) {
  const { epoch, ahead = 4 } = options
  /** @type {{ indices: number[], images: Promise<Float32Array> }[]} */
  const queue = []
  const next = async () => {
    const { indices, images } = /** @type {(typeof queue)[number]} */ (queue.shift())
    return { indices, images: await images }
  }
  for (const indices of batchesOf(options)) {
    const images = pool.run({ indices, epoch })
    images.catch(() => {}) // reported where it is awaited; a loop that ends early does not await it
    queue.push({ indices, images })
    if (queue.length > ahead) yield await next()
  }
  while (queue.length > 0) yield await next()
}
