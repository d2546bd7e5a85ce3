// One shard: a file in NumPy's format with ready batches, one after another.
import { open, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { normalization, Preprocessor, presets } from 'gridmask'
import sharp from 'sharp'

/** Pictures in memory at a time. */
const BATCH = 64

/**
 * @typedef {object} Folders
 * @property {string} pictures
 * @property {string} shards
 */

/**
 * Writes shards of a run, each under a temporary name until it is complete: a process that dies halfway
 * leaves nothing that looks like a shard, and two that write the same shard do no harm.
 *
 * @param {import('./manifest.mjs').Manifest} manifest
 * @param {Folders} folders
 * @param {number} [threads] of the Preprocessor; all cores by default, for when there are no other workers
 * @returns {(number: number) => Promise<void>}
 */
export function shardWriter({ settings, shards, pictures }, folders, threads) {
  const { size, epoch, seed } = settings
  const preprocessor = new Preprocessor({
    size: [size, size],
    crop: 'random',
    flip: 0.5,
    normalize: normalization.imagenet,
    gridmask: presets.imagenet,
    seed,
    threads,
  })

  return async (number) => {
    const { file, first, count } = /** @type {import('./manifest.mjs').Shard} */ (shards[number])
    const target = join(folders.shards, file)
    const aside = `${target}.${hostname()}-${process.pid}.partial`
    const output = await open(aside, 'w')
    try {
      await output.writeFile(headerOf([count, 3, size, size]))
      for (let index = first; index < first + count; index += BATCH) {
        const names = pictures.slice(index, Math.min(index + BATCH, first + count))
        const images = await Promise.all(names.map((name) => decode(folders.pictures, name, size)))
        const { buffer } = await preprocessor.applyAsync(images, { epoch, index })
        await output.writeFile(new Uint8Array(buffer))
      }
      await output.sync()
    } catch (error) {
      await rm(aside, { force: true })
      throw error
    } finally {
      await output.close()
    }
    await rename(aside, target)
  }
}

/**
 * A picture with three channels, whose shorter side is an eighth larger than the crop.
 *
 * @param {string} folder
 * @param {string} name
 * @param {number} size
 */
async function decode(folder, name, size) {
  const side = Math.round((size * 8) / 7)
  try {
    return await sharp(join(folder, name))
      .autoOrient()
      .resize(side, side, { fit: 'outside' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
  } catch (error) {
    throw new Error(`Cannot decode ${name}: ${/** @type {Error} */ (error).message}`)
  }
}

/**
 * The beginning of a .npy file, defined in numpy.lib.format.
 *
 * @param {readonly number[]} shape
 */
function headerOf(shape) {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`
  const before = 10
  const length = Math.ceil((before + text.length + 1) / 64) * 64 - before
  const header = Buffer.alloc(before + length, ' ')
  header.write('\x93NUMPY\x01\x00', 'latin1')
  header.writeUInt16LE(length, 8)
  header.write(text, before, 'latin1')
  header.write('\n', before + length - 1, 'latin1')
  return header
}
