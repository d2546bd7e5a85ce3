/** Types of an image's values. */

/**
 * Type of an image's values.
 *
 * @example
 * ```ts
 * const dtype: DType = 'bfloat16'
 * ```
 */
export type DType = 'float32' | 'uint8' | 'float16' | 'bfloat16'

export const dtypes: readonly DType[] = ['float32', 'uint8', 'float16', 'bfloat16']

export const bytesPerValue: Record<DType, number> = {
  float32: 4,
  uint8: 1,
  float16: 2,
  bfloat16: 2,
}
