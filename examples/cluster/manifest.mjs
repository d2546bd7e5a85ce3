// What all hosts agree on: settings, versions and pictures, in a file beside the shards.
import { createHash } from 'node:crypto'
import { access, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, sep } from 'node:path'
import sharp from 'sharp'
import { UserError } from './user-error.mjs'

/**
 * @typedef {object} Settings
 * @property {number} size height and width of a picture in a shard
 * @property {number} epoch the one whose crops, flips and masks are drawn
 * @property {number} seed
 * @property {number} perShard pictures in a shard; the last one has what is left
 *
 * @typedef {object} Shard
 * @property {string} file
 * @property {number} first the number of its first picture
 * @property {number} count
 *
 * @typedef {object} Manifest
 * @property {Settings} settings
 * @property {Record<string, string>} versions of what the bytes depend on
 * @property {'float32'} dtype
 * @property {'NCHW'} layout
 * @property {Shard[]} shards
 * @property {string[]} pictures each picture's name; its place here is its number
 */

const FORMATS = /\.(avif|gif|jpe?g|png|tiff?|webp)$/i
const NAME = 'manifest.json'

/**
 * @param {string} folder of the pictures, and of folders with more of them
 * @param {Settings} settings
 * @returns {Promise<Manifest>}
 */
export async function describe(folder, settings) {
  const names = await readdir(folder, { recursive: true }).catch(({ message }) => {
    throw new UserError(`Cannot read the folder of pictures: ${message}`)
  })
  // Sorted by code units, which does not depend on the host's language.
  const pictures = names
    .filter((name) => FORMATS.test(name))
    .map((name) => name.split(sep).join('/'))
    .sort()
  if (pictures.length === 0) throw new UserError(`There are no pictures in ${folder}`)
  const { perShard } = settings
  const shards = Array.from({ length: Math.ceil(pictures.length / perShard) }, (_, i) => ({
    file: `shard-${String(i).padStart(5, '0')}.npy`,
    first: i * perShard,
    count: Math.min(perShard, pictures.length - i * perShard),
  }))
  return { settings, versions: ownVersions(), dtype: 'float32', layout: 'NCHW', shards, pictures }
}

function ownVersions() {
  const require = createRequire(import.meta.url)
  return {
    gridmask: require('gridmask/package.json').version,
    sharp: sharp.versions.sharp ?? '',
    libvips: sharp.versions.vips,
  }
}

/**
 * Puts a manifest beside the shards. If there is one already, it must be the same; this run then
 * continues with it.
 *
 * @param {string} folder of the shards
 * @param {Manifest} manifest
 */
export async function keep(folder, manifest) {
  const path = join(folder, NAME)
  const text = textOf(manifest)
  const found = await readFile(path, 'utf8').catch(() => undefined)
  if (found === text) return
  if (found !== undefined) {
    throw new UserError(
      `${folder} holds shards of other pictures, settings or versions: use another folder`,
    )
  }
  await writeFile(`${path}.partial`, text)
  await rename(`${path}.partial`, path)
}

/**
 * @param {string} folder of the shards
 * @returns {Promise<Manifest>}
 */
export async function load(folder) {
  const text = await readFile(join(folder, NAME), 'utf8').catch(() => {
    throw new UserError(`There is no ${NAME} in ${folder}: make the job list first`)
  })
  /** @type {Manifest} */
  const manifest = JSON.parse(text)
  for (const [name, version] of Object.entries(ownVersions())) {
    const wanted = manifest.versions[name]
    if (version === wanted) continue
    // Another decoder may round a pixel differently.
    throw new UserError(`This host has ${name} ${version}, but the shards are made with ${wanted}`)
  }
  return manifest
}

/**
 * A name for the run, the same on all hosts, since job lists of several runs may share a Redis.
 *
 * @param {Manifest} manifest
 */
export function nameOf(manifest) {
  return `shards-${createHash('sha256').update(textOf(manifest)).digest('hex').slice(0, 16)}`
}

/**
 * The numbers of the shards that are not there yet.
 *
 * @param {string} folder
 * @param {Manifest} manifest
 */
export async function missingShards(folder, { shards }) {
  const there = await Promise.all(
    shards.map(({ file }) =>
      access(join(folder, file)).then(
        () => true,
        () => false,
      ),
    ),
  )
  return [...shards.keys()].filter((i) => !there[i])
}

/** @param {Manifest} manifest */
function textOf(manifest) {
  return `${JSON.stringify(manifest, null, 1)}\n`
}
