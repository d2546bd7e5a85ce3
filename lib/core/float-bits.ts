/** Numbers as bits of the types for which not every runtime has a typed array. */

const float32 = new Float32Array(1)
const float32Bits = new Uint32Array(float32.buffer)

/** The bits of a number rounded to float32, then to bfloat16, ties to even. NaN stays NaN. */
export function bfloat16Bits(value: number): number {
  float32[0] = value
  const bits = float32Bits[0] as number
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

/** The bits of a number rounded to float16, ties to even. */
export function float16Bits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (Number.isNaN(value)) return 0x7e00
  if (magnitude >= 65520) return sign | 0x7c00 // halfway between the largest number and the next: infinity
  // The spacing of float16 numbers around this value; below 2⁻¹⁴ it stays that of the subnormals.
  const exponent = Math.max(Math.floor(Math.log2(magnitude || Number.MIN_VALUE)), -14)
  const scaled = magnitude * 2 ** (10 - exponent)
  const whole = Math.floor(scaled)
  const rest = scaled - whole
  const rounded = whole + (rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? 1 : 0)
  // A mantissa rounded up to 2¹¹ carries into the exponent by itself. A subnormal has exponent 0.
  return sign + ((exponent + 14) << 10) + rounded
}
