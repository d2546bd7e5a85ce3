/** Numbers as the bits of the types that typed arrays do not have everywhere. */

const float32 = new Float32Array(1)
const float32Bits = new Uint32Array(float32.buffer)

/** The bits of the bfloat16 nearest to the float32 nearest to a number, ties to even; a NaN stays one. */
export function bfloat16Bits(value: number): number {
  float32[0] = value
  const bits = float32Bits[0] as number
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

/** The bits of the float16 nearest to a number, ties to even. */
export function float16Bits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (Number.isNaN(value)) return 0x7e00
  if (magnitude >= 65520) return sign | 0x7c00 // half way from the largest to the next: infinity
  // The spacing of float16 about this value; below 2⁻¹⁴ it stays that of the subnormal numbers.
  const exponent = Math.max(Math.floor(Math.log2(magnitude || Number.MIN_VALUE)), -14)
  const scaled = magnitude * 2 ** (10 - exponent)
  const whole = Math.floor(scaled)
  const rest = scaled - whole
  const rounded = whole + (rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? 1 : 0)
  // A mantissa that reached 2¹¹ carries into the exponent by itself; a subnormal has exponent 0.
  return sign + ((exponent + 14) << 10) + rounded
}
