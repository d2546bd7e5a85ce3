/**
 * Cosine and sine of an angle, rounded to 15 decimals: the twin of native/lattice/rotation.cc, with
 * the same operations in the same order. The functions of JavaScript engines differ in the last bit, and
 * one such bit can move a pixel.
 */

/** The unevaluated sum of two doubles, the second at most half a unit in the last place of the first. */
type DoubleDouble = readonly [high: number, low: number]

/** By how much a · b exceeds its double, exactly (Dekker's product, Veltkamp's splitting). */
function productError(a: number, b: number, product: number): number {
  const split = 134217729 // 2²⁷ + 1
  const bigA = split * a
  const aHigh = bigA - (bigA - a)
  const aLow = a - aHigh
  const bigB = split * b
  const bHigh = bigB - (bigB - b)
  const bLow = b - bHigh
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow
}

function renormalize(high: number, low: number): DoubleDouble {
  const sum = high + low
  return [sum, low - (sum - high)]
}

function add(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const sum = a[0] + b[0]
  const part = sum - a[0]
  const error = a[0] - (sum - part) + (b[0] - part)
  return renormalize(sum, error + (a[1] + b[1]))
}

function multiply(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const product = a[0] * b[0]
  const error = productError(a[0], b[0], product)
  return renormalize(product, error + (a[0] * b[1] + a[1] * b[0]))
}

function divide(a: DoubleDouble, b: number): DoubleDouble {
  const quotient = a[0] / b
  const product = quotient * b
  // The difference is exact, since both are close.
  const remainder = a[0] - product - productError(quotient, b, product) + a[1]
  return renormalize(quotient, remainder / b)
}

/** The Taylor series of cos (n = 1) and of sin(r)/r (n = 2) in z = r², by Horner. */
function taylor(z: DoubleDouble, n: number): DoubleDouble {
  let sum: DoubleDouble = [1, 0]
  for (let k = n + 26; k >= n; k -= 2) {
    const [high, low] = divide(multiply(z, sum), k * (k + 1))
    sum = add([1, 0], [-high, -low])
  }
  return sum
}

function round15(value: number): number {
  const scale = 1e15
  const product = value * scale
  let nearest = Math.floor(product + 0.5)
  const excess = product - nearest + productError(value, scale, product)
  if (excess > 0.5) nearest += 1
  if (excess < -0.5) nearest -= 1
  return nearest / scale
}

/** π/2 as a sum of three doubles. */
const HALF_PI = [1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33] as const

/** cos(t) and sin(t) for t = -(angle mod 360)·π/180, angle finite. */
export function rotationOf(angle: number): readonly [cos: number, sin: number] {
  let degrees = angle
  if (!(angle >= 0 && angle < 360)) {
    degrees = angle % 360
    if (degrees < 0) degrees += 360
  }
  const radians = (-degrees * Math.PI) / 180
  const quadrant = Math.floor(radians / HALF_PI[0] + 0.5)
  const product = quadrant * HALF_PI[0]
  const head: DoubleDouble = [-product, -productError(quadrant, HALF_PI[0], product)]
  const small = quadrant * HALF_PI[1]
  const tail: DoubleDouble = [
    -quadrant * HALF_PI[1],
    -productError(quadrant, HALF_PI[1], small) - quadrant * HALF_PI[2],
  ]
  const r = add(add([radians, 0], head), tail)
  const z = multiply(r, r)
  const c = taylor(z, 1)[0]
  const s = multiply(r, taylor(z, 2))[0]
  const turned = [
    [c, s],
    [-s, c],
    [-c, -s],
    [s, -c],
  ][quadrant & 3] as [number, number]
  return [round15(turned[0]), round15(turned[1])]
}
