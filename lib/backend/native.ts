/**
 * The native addon and what it offers. Its functions trust nothing; what they
 * answer is a status, since an error made in native code would be of another realm under Jest.
 */

import { GridMaskError } from '../core/errors'
import { DONE, OUT_OF_HOST_MEMORY, OVERLAP } from '../core/native-interface'
import { load } from './load-addon'

export const native = load()

/**
 * For what TypeScript has already checked: a refusal shows a defect of this package.
 *
 * @param name what the caller knows the source as
 */
export function expectDone(status: number, name = 'images'): void {
  if (status === DONE) return
  // Two SharedArrayBuffer objects can stand for the same memory; only their addresses show it.
  if (status === OVERLAP) {
    throw new GridMaskError(
      'ERR_OVERLAP',
      `Expected \`out\` to be the memory of \`${name}\` or separate from it, but the two overlap in part`,
    )
  }
  if (status === OUT_OF_HOST_MEMORY) {
    throw new GridMaskError(
      'ERR_ALLOCATION',
      `Could not allocate the memory to work on \`${name}\`; nothing has been written`,
    )
  }
  throw new Error(`gridmask's native code refused arguments that had been checked (${status})`)
}
