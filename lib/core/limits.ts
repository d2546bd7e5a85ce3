/** Largest height and width of an image, pixels. */
export const MAX_SIDE = 16384

/** Most samples of a batch: as many as a plan may have. */
export const MAX_COUNT = 2 ** 26

/** Most elements of a list that is given once, such as one number for each channel. */
export const MAX_LIST = 2 ** 26

/** Largest unit side, pixels: d · 2¹⁶ is to fit 31 bits. */
export const MAX_UNIT = 32767

/** Most channels of an image that is decoded, and of what becomes of it. */
export const MAX_CHANNELS = 2 ** 16
