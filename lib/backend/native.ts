/**
 * The native addon. Its functions trust nothing. They return a status, since an error made in native code
 * would belong to another realm under Jest.
 */

import { GridMaskError } from '../core/errors'
import { DONE, OUT_OF_HOST_MEMORY, OVERLAP } from '../core/native-interface'
import { load } from './load-addon'

export const native = load()

/**
 * For calls that TypeScript has already checked: a refusal shows a defect of this package.
 *
 * @param name the caller's name for the source
 */
export function expectDone(status: number, name = 'images'): void {
  if (status === DONE) return
  // Two SharedArrayBuffer objects can stand for the same memory; only their addresses show it.
  if (status === OVERLAP) {
    throw new GridMaskError(
      'ERR_OVERLAP',
      `Expected \`out\` to be the memory of \`${name}\` or separate from it, but the two partly overlap`,
    )
  }
  if (status === OUT_OF_HOST_MEMORY) {
    throw new GridMaskError(
      'ERR_ALLOCATION',
      `Could not allocate memory to process \`${name}\`; nothing has been written`,
    )
  }
  throw new Error(`gridmask's native code refused arguments that had been checked (${status})`)
}
