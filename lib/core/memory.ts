import { GridMaskError } from './errors'

/**
 * What `make` makes, whose memory there may not be. It does nothing else that can fail.
 *
 * @param what is allocated, for the message
 */
export function allocating<T>(what: string, make: () => T): T {
  try {
    return make()
  } catch (cause) {
    throw new GridMaskError(
      'ERR_ALLOCATION',
      `Could not allocate the memory for ${what}: there is too little, or this version of Node has ` +
        'no arrays of its size',
      { cause },
    )
  }
}
