/**
 * Argument checks. Each takes the caller's name for the value. It returns the value, or throws an error
 * that says what was expected, what was received, and for which name.
 */
import { type ErrorCode, GridMaskError } from './errors'
import { MAX_LIST } from './limits'
import { allocating } from './memory'
import { suggest } from './suggest'

/** `but received …`: the value as the caller would recognise it. */
function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 40 ? `'${value.slice(0, 40)}…'` : `'${value}'`
    case 'bigint':
      return `${value}n`
    case 'function':
      return 'a function'
    case 'object':
      try {
        return describeObject(value)
      } catch {
        return 'an object' // a revoked proxy, or a getter that throws
      }
    default:
      return Object.is(value, -0) ? '-0' : String(value)
  }
}

function describeObject(value: object | null): string {
  if (value === null) return 'null'
  if (Array.isArray(value) && value.length <= 6 && value.every((x) => typeof x !== 'object')) {
    return `[${value.map(describe).join(', ')}]`
  }
  if (Array.isArray(value)) return `an array of ${value.length}`
  const { name } = value.constructor
  return typeof name === 'string' && name !== '' && name !== 'Object'
    ? `an instance of ${name}`
    : 'an object'
}

/** A hint as the sentence that follows a message. */
export const sentence = (hint: string) => (hint === '' ? '' : `. ${hint}`)

/**
 * @param expected as in `to be …`
 * @param hint what to do, a sentence without its full stop; by default a hint that fits such a value
 *   anywhere
 */
export function invalid(
  code: ErrorCode,
  name: string,
  expected: string,
  value: unknown,
  hint: string = hintOn(expected, value),
): never {
  throw new GridMaskError(
    code,
    `Expected \`${name}\` to be ${expected}, but received ${describe(value)}${sentence(hint)}`,
  )
}

/** A hint for mistakes that any argument can have. */
function hintOn(expected: string, value: unknown): string {
  if (isPromise(value)) return 'It is a promise: `await` it'
  const isFraction = /\b0, 1[)\]]/.test(expected)
  if (isFraction && typeof value === 'number' && value >= 2 && value <= 100) {
    return `${value} % is ${Number((value / 100).toPrecision(12))}`
  }
  if (isFraction && value === true) return 'For always, pass 1'
  if (isFraction && value === null)
    return 'JSON turns a function into null: pass the function again'
  if (typeof value === 'string' && expected.includes('number') && isNumeric(value)) {
    return 'Without quotes it is a number'
  }
  return ''
}

const isNumeric = (text: string) => text.trim() !== '' && Number.isFinite(Number(text))

export function isPromise(value: unknown): boolean {
  try {
    return typeof (value as { then?: unknown } | undefined)?.then === 'function'
  } catch {
    return false
  }
}

/** A finite number that satisfies `holds`; `expected` puts that into words, such as "a number in (0, 1)". */
export function checkNumber(
  name: string,
  value: unknown,
  expected: string,
  holds: (value: number) => boolean = () => true,
): number {
  if (typeof value !== 'number') invalid('ERR_INVALID_ARG_TYPE', name, expected, value)
  if (!(Number.isFinite(value) && holds(value))) invalid('ERR_OUT_OF_RANGE', name, expected, value)
  return value
}

/** A whole number from `min` to `max`, both included. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
    return value === 0 ? 0 : value
  }
  const isHuge = typeof value === 'number' && value > max
  const last = max === Number.MAX_SAFE_INTEGER ? '2⁵³ - 1' : max
  const upper =
    max === Number.MAX_SAFE_INTEGER && !isHuge ? `of at least ${min}` : `from ${min} to ${last}`
  invalid(
    typeof value === 'number' ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_ARG_TYPE',
    name,
    `a whole number ${upper}`,
    value,
  )
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') invalid('ERR_INVALID_ARG_TYPE', name, 'a boolean', value)
  return value
}

export function checkChoice<T extends string>(
  name: string,
  value: unknown,
  choices: readonly T[],
): T {
  if (choices.includes(value as T)) return value as T
  const expected = `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`
  if (typeof value !== 'string') invalid('ERR_INVALID_ARG_TYPE', name, expected, value)
  const alike = choices.find((choice) => choice.toLowerCase() === value.toLowerCase())
  const hint = alike === undefined ? '' : `Did you mean '${alike}'?`
  invalid('ERR_INVALID_ARG_VALUE', name, expected, value, hint)
}

/** Probabilities: 0 and 1 included. */
export function checkProbability(name: string, value: unknown): number {
  return checkNumber(name, value, 'a number in [0, 1]', (p) => p >= 0 && p <= 1)
}

/** An epoch may have a fraction. Its floor is a word of the draws' counter, so it is below 2³². */
export function checkEpoch(name: string, value: unknown): number {
  return checkNumber(name, value, 'a number in [0, 2³²)', (e) => e >= 0 && e < 2 ** 32)
}

/** The 64-bit seed. It may be text, since JSON has no integers of that size. */
export function checkSeed(name: string, value: unknown): bigint {
  const expected = 'a whole number in [0, 2⁶⁴), beyond 2⁵³ as a bigint'
  let seed: bigint
  if (typeof value === 'bigint') seed = value
  else if (typeof value === 'string' && /^\d{1,20}$/.test(value)) seed = BigInt(value)
  else if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) {
      const isFraction = value > 0 && value < 1
      const hint = isFraction ? 'For a random seed, use Math.floor(Math.random() * 2 ** 32)' : ''
      invalid('ERR_OUT_OF_RANGE', name, expected, value, hint)
    }
    seed = BigInt(value)
  } else invalid('ERR_INVALID_ARG_TYPE', name, expected, value)
  if (seed < 0n || seed >= 1n << 64n) invalid('ERR_OUT_OF_RANGE', name, expected, value)
  return seed
}

/** The length of an array, plain or typed. A proxy of a typed array, or what only inherits from one, is none. */
export function checkListLength(name: string, value: unknown, expected: string): number {
  const { length } = (Array.isArray(value) || ArrayBuffer.isView(value) ? value : {}) as {
    length?: unknown
  }
  if (typeof length === 'number') return length
  const hint = typeof value === 'number' ? 'Pass one for each sample' : undefined
  invalid('ERR_INVALID_ARG_TYPE', name, expected, value, hint)
}

/**
 * Checks an array, plain or typed, of one number for each sample; returns what `check` makes of them. The
 * length is checked before anything else: a sparse array can have any.
 */
export function checkList<T extends Int32Array | Float64Array>(
  name: string,
  value: unknown,
  count: number,
  expected: string,
  TypedArray: new (length: number) => T,
  check: (element: unknown, i: number) => number,
): T {
  const length = checkListLength(name, value, expected)
  if (length !== count) {
    throw new GridMaskError(
      'ERR_SHAPE_MISMATCH',
      `Expected \`${name}\` to have one number for each of ${count} samples, ` +
        `but received ${length}`,
    )
  }
  const list = value as ArrayLike<unknown>
  const numbers = allocating(`\`${name}\``, () => new TypedArray(count))
  for (let i = 0; i < count; i++) numbers[i] = check(list[i], i)
  return numbers
}

/**
 * The elements of a plain array, as `check` returns them. Holes are checked too, so that they are
 * refused.
 */
export function checkEach<T>(
  name: string,
  value: readonly unknown[],
  check: (element: unknown, i: number) => T,
): T[] {
  if (value.length > MAX_LIST) {
    throw new GridMaskError(
      'ERR_OUT_OF_RANGE',
      `Expected \`${name}\` to have at most ${MAX_LIST} elements, but received ${value.length}`,
    )
  }
  const checked: T[] = []
  for (let i = 0; i < value.length; i++) checked.push(check(value[i], i))
  return checked
}

/**
 * The known properties of an object. Any other is refused: a misspelt option must not be ignored. Each is
 * read once, here, so that all getters have run before anything depends on their values.
 */
export function checkOptions<T extends object>(
  name: string,
  value: unknown,
  known: ReadonlySet<string>,
): Partial<T> {
  checkIsOptions(name, value, known)
  for (const key in value) if (!known.has(key)) refuseOption(name, key, known)
  const given: Partial<Record<string, unknown>> = {}
  for (const key of known) given[key] = value[key]
  return given as Partial<T>
}

function checkIsOptions(
  name: string,
  value: unknown,
  known: ReadonlySet<string>,
): asserts value is Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  invalid('ERR_INVALID_ARG_TYPE', name, 'an object', value, hintOnOptions(name, value, known))
}

export function refuseOption(name: string, key: string, known: ReadonlySet<string>): never {
  const meant = suggest(key, known)
  throw new GridMaskError(
    'ERR_INVALID_ARG_VALUE',
    `Unknown property \`${key}\` in \`${name}\`${meant === '' ? '.' : `: ${meant}`} ` +
      `Known properties: ${[...known].join(', ')}`,
  )
}

function hintOnOptions(name: string, value: unknown, known: ReadonlySet<string>): string {
  if (name !== 'request') {
    if (typeof value !== 'string' && value !== true) return hintOn('', value)
    if (known.has('unit')) return 'Presets are objects: `presets.imagenet`'
    return known.has('std') ? 'Statistics are objects: `normalization.imagenet`' : ''
  }
  if (value === undefined) return 'Pass { shape } for images, { count } for a plan'
  if (Array.isArray(value)) {
    return typeof value[0] === 'number'
      ? `Name it: { shape: ${describe(value)} }`
      : known.has('plan')
        ? 'Name it: { plan }'
        : 'The order is: images, plan, request'
  }
  if (typeof value !== 'number') return hintOn('', value)
  return known.has('count') ? `Name it: { count: ${value} }` : 'Name what you pass: { shape, … }'
}
