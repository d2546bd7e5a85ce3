/**
 * What went wrong, for programs: the `code` of a {@link GridMaskError}.
 *
 * @example
 * ```ts
 * const code: ErrorCode = 'ERR_OUT_OF_RANGE'
 * ```
 */
export type ErrorCode =
  | 'ERR_INVALID_ARG_TYPE'
  | 'ERR_INVALID_ARG_VALUE'
  | 'ERR_OUT_OF_RANGE'
  | 'ERR_SHAPE_MISMATCH'
  | 'ERR_BUFFER_DETACHED'
  | 'ERR_BUFFER_RESIZABLE'
  | 'ERR_OVERLAP'
  | 'ERR_ALLOCATION'
  | 'ERR_NATIVE_LOAD'
  | 'ERR_CUDA_UNAVAILABLE'
  | 'ERR_CUDA_OUT_OF_MEMORY'
  | 'ERR_CUDA'
  | 'ERR_DISPOSED'

const brand = Symbol.for('gridmask.GridMaskError')

/**
 * The one class of error that this package throws. After a failed call nothing of the caller's has
 * changed, unless the message says so.
 *
 * `instanceof` holds across copies of the package and across realms (Jest runs each test file in
 * one of its own).
 *
 * @example
 * ```ts run
 * try {
 *   new GridMask({ ratio: 2, unit: 96 })
 * } catch (error) {
 *   console.log(error instanceof GridMaskError && error.code)   // ERR_OUT_OF_RANGE
 * }
 * ```
 */
export class GridMaskError extends Error {
  /** Tells errors apart; the message may be reworded, the code may not. */
  readonly code: ErrorCode

  /**
   * Where CUDA failed in `applyAsync()`, which had taken the caller's array: an array over its
   * memory, to go on with. Else undefined.
   */
  declare array?: ArrayBufferView

  /**
   * @param code what went wrong, for programs
   * @param message the same, for people
   * @param options `cause`: the error behind this one. Default: none
   */
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }

  /** @internal */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value
  }
}

Object.defineProperty(GridMaskError.prototype, 'name', { value: 'GridMaskError' })
Object.defineProperty(GridMaskError.prototype, brand, { value: true })
