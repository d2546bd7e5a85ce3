/** What options are given as text, as values; commander tells of an InvalidArgumentError. */
import { InvalidArgumentError } from 'commander'

export function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new InvalidArgumentError('Expected a number.')
  }
  return value
}

/** A parser of whole numbers from `min` to `max`, both included. */
export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    const upper = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
    throw new InvalidArgumentError(`Expected a whole number ${upper}.`)
  }
}

/** `0.6`, or `0.4:0.6` for a range whose upper end is exclusive. */
export function numberOrRange(text: string): number | [min: number, max: number] {
  const [first = '', second, ...rest] = text.split(':')
  if (rest.length > 0) throw new InvalidArgumentError('Expected a number or a range MIN:MAX.')
  return second === undefined ? number(first) : [number(first), number(second)]
}

/** `124,116,104`. */
export function numbers(text: string): number[] {
  return text.split(',').map(number)
}

/** A 64-bit seed. */
export function seed(text: string): bigint {
  if (!/^\d{1,20}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.')
  return BigInt(text)
}

/** `640x480`, or one number for a square. */
export function size(text: string): { width: number; height: number } {
  const found = /^(\d{1,5})(?:x(\d{1,5}))?$/.exec(text)
  const width = Number(found?.[1])
  const height = Number(found?.[2] ?? found?.[1])
  // sharp and the sheet would take more, but nobody could look at it.
  const fits = (side: number) => side >= 1 && side <= 4096
  if (fits(width) && fits(height)) return { width, height }
  throw new InvalidArgumentError('Expected WIDTHxHEIGHT, each from 1 to 4096 pixels.')
}
