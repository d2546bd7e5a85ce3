/** Largest height and width of an image, pixels. */
export const MAX_SIDE = 16384

/** Largest number of samples in a batch or a plan. */
export const MAX_COUNT = 2 ** 26

/** Largest number of elements in a list, such as a list of one number per channel. */
export const MAX_LIST = 2 ** 26

/** Largest side of a unit, pixels: d · 2¹⁶ must fit 31 bits. */
export const MAX_UNIT = 32767

/** Largest number of channels of a decoded image, and of a Preprocessor's result. */
export const MAX_CHANNELS = 2 ** 16
