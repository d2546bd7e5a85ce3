/** Checks a Preprocessor's options, plans and images as far as types cannot. */

import { type ImageSides, sizeAt } from '../arrays/image-sources'
import { checkChoice, checkInteger, checkList, invalid } from '../core/check'
import type { ImageSize } from '../core/geometry'
import { MAX_CHANNELS, MAX_SIDE } from '../core/limits'
import { CROP_WORDS, type CropKind, cropKinds } from '../plan/crop'

export function checkChannels(value: unknown): readonly number[] {
  const expected = 'an array of whole numbers, such as [0, 1, 2]'
  if (!Array.isArray(value)) invalid('ERR_INVALID_ARG_TYPE', 'channels', expected, value)
  checkInteger('channels.length', value.length, 1, MAX_CHANNELS)
  return Array.from(value, (channel, k) =>
    checkInteger(`channels[${k}]`, channel, 0, MAX_CHANNELS - 1),
  )
}

export function checkCropKind(value: unknown): CropKind {
  if (Array.isArray(value) || typeof value === 'number') {
    const expected = "'random' or 'center'"
    const hint = 'The size of the crop is the option `size`'
    invalid('ERR_INVALID_ARG_TYPE', 'crop', expected, value, hint)
  }
  return checkChoice('crop', value, cropKinds)
}

/** One side: the same for all images, or one for each. */
export function checkSides(name: string, value: unknown, count: number): (i: number) => number {
  if (value === undefined) {
    const expected = `a whole number from 0 to ${MAX_SIDE}`
    const hint = 'The crop depends on the image size: pass `height` and `width`'
    invalid('ERR_INVALID_ARG_TYPE', name, expected, value, hint)
  }
  if (typeof value === 'number') {
    const side = checkInteger(name, value, 0, MAX_SIDE)
    return () => side
  }
  const expected = 'a whole number, or an array with one for each image'
  const sides = checkList(name, value, count, expected, Int32Array, (side, i) =>
    checkInteger(`${name}[${i}]`, side, 0, MAX_SIDE),
  )
  return (i) => sides[i] as number
}

/** Refuses crops that are not within the padded images. */
export function checkCrops(
  name: string,
  crops: Int32Array,
  sizes: readonly ImageSides[],
  padding: number,
  [height, width]: ImageSize,
): void {
  for (let at = 0; at < crops.length; at += CROP_WORDS) {
    const i = at / CROP_WORDS
    const element = name === 'plan' ? `plan[${i}]` : name
    const image = sizeAt(sizes, i)
    checkInteger(`${element}.top`, crops[at], 0, image.height + 2 * padding - height)
    checkInteger(`${element}.left`, crops[at + 1], 0, image.width + 2 * padding - width)
  }
}
