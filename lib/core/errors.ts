/**
 * The kind of an error, for programs: the `code` of a {@link GridMaskError}.
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
 * The only class of error that this package throws. After a failed call none of your arrays has
 * changed, unless the message says so.
 *
 * `instanceof` works across copies of the package and across realms (Jest runs each test file in a
 * separate realm).
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
  /** What went wrong, for programs. Messages may change, codes do not. */
  readonly code: ErrorCode

  /**
   * If CUDA failed in `applyAsync()`, which had taken your array: an array over the same memory.
   * Otherwise undefined.
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
