/**
 * 64-bit whole numbers as two words, the lower 32 bits first: the form of seeds and sample numbers in
 * counters and packed plans.
 */

export type Words64 = readonly [low: number, high: number]

/** The words of a number in 0 … 2⁵³-1, or of a bigint or its text in 0 … 2⁶⁴-1. */
export function splitU64(value: number | bigint | string): Words64 {
  if (typeof value === 'number') return [value >>> 0, Math.floor(value / 2 ** 32)]
  const whole = BigInt(value)
  return [Number(whole & 0xffffffffn), Number(whole >> 32n)]
}

/** The number that two words make; text if a number cannot hold it, since JSON has no larger integers. */
export function joinU64(low: number, high: number): number | string {
  if (high < 2 ** 21) return high * 2 ** 32 + low
  return String((BigInt(high) << 32n) | BigInt(low))
}
