import { GridMaskError } from './errors'

/**
 * Returns what `make` allocates, or throws if there is no memory. `make` does nothing else that can fail.
 *
 * @param what is allocated, for the message
 */
export function allocating<T>(what: string, make: () => T): T {
  try {
    return make()
  } catch (cause) {
    throw new GridMaskError(
      'ERR_ALLOCATION',
      `Could not allocate memory for ${what}: there is too little, or this version of Node has ` +
        'no arrays of that size',
      { cause },
    )
  }
}
