// What both backends share: the middle of a picture, normalised. No mask: that is for training.
import { normalization } from 'gridmask'

/** @type {{ size: [height: number, width: number] } & import('gridmask').PreprocessorOptions<'float32'>} */
export const settings = {
  size: [32, 32],
  channels: [0, 1, 2],
  normalize: normalization.imagenet,
}

export const CLASSES = ['red', 'green', 'blue', 'grey', 'stripes down', 'stripes across']
