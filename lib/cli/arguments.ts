/** Parses the text of options into values; commander reports an InvalidArgumentError. */
import { InvalidArgumentError } from 'commander'

export function number(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  const comma = /^(\d+),(\d+)$/.exec(text)
  throw new InvalidArgumentError(
    comma ? `Expected a number with a point: ${comma[1]}.${comma[2]}` : 'Expected a number.',
  )
}

/** A parser of whole numbers from `min` to `max`, both included. */
export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
  }
}

/** `0.6`, or `0.4:0.6` for a range whose upper end is exclusive. */
export function numberOrRange(text: string): number | [min: number, max: number] {
  const values = text.split(':').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  const [first, second] = values
  if (first !== undefined && values.length <= 2 && values.every(Number.isFinite)) {
    return second === undefined ? first : [first, second]
  }
  // A range as others write it: 96-224, 96..224, [96, 224].
  const ends = text.replace(/\.{2,}/g, ' ').match(/\d*\.?\d+/g) ?? []
  const example = ends.length === 2 ? `, such as ${ends.join(':')}` : ''
  const decimal = /^\d+,\d+$/.test(text) ? ` (${text.replace(',', '.')})` : ''
  throw new InvalidArgumentError(`Expected a number${decimal} or a range MIN:MAX${example}.`)
}

/** `124,116,104`. */
export function numbers(text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (values.every(Number.isFinite)) return values
  throw new InvalidArgumentError('Expected a number, or one for each channel: 124,116,104')
}

const LARGEST_SEED = 2n ** 64n - 1n

/** A 64-bit seed. */
export function seed(text: string): bigint {
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n
  if (value >= 0n && value <= LARGEST_SEED) return value
  throw new InvalidArgumentError(`Expected a whole number from 0 to ${LARGEST_SEED}.`)
}

/** `640x480`, or one number for a square. */
export function size(text: string): { width: number; height: number } {
  const found = /^(\d{1,5})(?:x(\d{1,5}))?$/.exec(text)
  const width = Number(found?.[1])
  const height = Number(found?.[2] ?? found?.[1])
  // sharp and the sheet could handle more, but nobody could look at it.
  const fits = (side: number) => side >= 1 && side <= 4096
  if (fits(width) && fits(height)) return { width, height }
  const other = /^(\d{1,5})\s*[^\dx.]\s*(\d{1,5})$/.exec(text)
  const example = other ? `, such as ${other[1]}x${other[2]}` : ''
  throw new InvalidArgumentError(`Expected WIDTHxHEIGHT, each from 1 to 4096 pixels${example}.`)
}
