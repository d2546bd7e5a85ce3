/**
 * Converts the conventions of other libraries to ours. Their "ratio" mostly means the dropped side;
 * here it is the paper's r, the kept one. docs/conventions.md has the table.
 */
import { checkInteger, checkNumber, checkOptions, checkProbability, invalid } from '../core/check'
import { GridMaskError } from '../core/errors'
import type { ImageSize } from '../core/geometry'
import { MAX_SIDE, MAX_UNIT } from '../core/limits'
import { checkRatioRange, type Range } from '../plan/draw-settings'
import { checkFill } from '../plan/fill'
import type { SampleParams } from '../plan/plan'
import type { GridMaskOptions } from './options'

/**
 * Arguments of NVIDIA DALI's `fn.grid_mask`, with its defaults.
 *
 * @example
 * ```ts
 * const args: DaliArguments = { tile: 100, ratio: 0.4, shiftX: 12 }
 * ```
 */
export interface DaliArguments {
  /** Side of a unit in pixels; a whole number from 2. Default 100. */
  tile?: number | undefined
  /** Side of the dropped square as a fraction of the tile, in (0, 1). Default 0.5. */
  ratio?: number | undefined
  /** Radians, about the image's upper left corner. Default 0. */
  angle?: number | undefined
  /** Pixels, after the rotation. Default 0. */
  shiftX?: number | undefined
  /** Pixels, after the rotation. Default 0. */
  shiftY?: number | undefined
}

const daliKeys = new Set(['tile', 'ratio', 'angle', 'shiftX', 'shiftY'])

/**
 * Converts the mask that DALI's `fn.grid_mask` draws to our parameters. Without rotation, and with
 * whole shifts, every pixel is the same. DALI rotates about the corner and shifts by fractions of a
 * pixel. We rotate about the centre and shift by whole pixels, so rotated masks agree to within half
 * a pixel.
 *
 * @param size the image's [height, width] in pixels
 * @example
 * ```ts run
 * console.log(fromDali({ tile: 100, ratio: 0.4 }, [224, 224]).ratio)   // 0.6
 * ```
 * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
 */
export function fromDali(args: DaliArguments, size: ImageSize | readonly number[]): SampleParams {
  const given = checkOptions<DaliArguments>('args', args, daliKeys)
  const d = checkInteger('tile', given.tile ?? 100, 2, MAX_UNIT)
  const dropped = checkNumber(
    'ratio',
    given.ratio ?? 0.5,
    'a number in (0, 1)',
    (r) => r > 0 && r < 1,
  )
  const radians = checkNumber('angle', given.angle ?? 0, 'a finite number of radians')
  const shiftX = checkNumber('shiftX', given.shiftX ?? 0, 'a finite number of pixels')
  const shiftY = checkNumber('shiftY', given.shiftY ?? 0, 'a finite number of pixels')
  const height = checkInteger('size[0]', size?.[0], 0, MAX_SIDE)
  const width = checkInteger('size[1]', size?.[1], 0, MAX_SIDE)

  // DALI drops the pixels whose phase is below ratio · tile, that many rounded up.
  const l = Math.max(d - Math.ceil(d * dropped), 1)
  const ratio = [1 - dropped, l / d].find((r) => Math.ceil(d * r) === l) ?? (l - 0.5) / d
  // Our lattice coordinates of the image's corner: equation m of docs/geometry-and-draws.md.
  const side = Math.ceil(Math.hypot(height, width))
  const left = Math.floor((side - width) / 2) + 0.5 - side / 2
  const top = Math.floor((side - height) / 2) + 0.5 - side / 2
  const cornerX = Math.cos(radians) * left - Math.sin(radians) * top + side / 2
  const cornerY = Math.sin(radians) * left + Math.cos(radians) * top + side / 2
  // Their dropped squares begin at the shift, ours a stripe's width after the offset.
  const delta = (corner: number, shift: number) => {
    const offset = (Math.round(corner - 0.5 + shift) - l) % d
    return offset < 0 ? offset + d : Math.abs(offset)
  }
  return {
    d,
    ratio,
    deltaX: delta(cornerX, shiftX),
    deltaY: delta(cornerY, shiftY),
    angle: (radians * 180) / Math.PI,
  }
}

/**
 * Arguments of KerasCV's `GridMask` layer, with its defaults.
 *
 * @example
 * ```ts
 * const args: KerasCVArguments = { ratioFactor: [0, 0.5], rotationFactor: 0.15 }
 * ```
 */
export interface KerasCVArguments {
  /**
   * Side of the dropped square as a fraction of the unit: at most this number, or between these
   * two; in [0, 1). Default [0, 0.5].
   */
  ratioFactor?: number | readonly number[] | undefined
  /** Rotation as a fraction of a full turn, in either direction; in [0, 1]. Default 0.15. */
  rotationFactor?: number | undefined
}

const kerasKeys = new Set(['ratioFactor', 'rotationFactor'])

/**
 * Options that draw as KerasCV's `GridMask` layer does: the unit from 0.3 of the width to half the
 * height, and the dropped side as given. Angles are drawn from an equally wide arc, but only
 * counter-clockwise. By the symmetry of the lattice this gives the same slants if the arc is a
 * quarter turn or more.
 *
 * @example
 * ```ts run
 * const gridmask = new GridMask({ ...fromKerasCV({ ratioFactor: 0.5 }), seed: 42 })
 * console.log(gridmask.options.ratio)   // [ 0.5, 1 ]
 * ```
 * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
 */
export function fromKerasCV(args: KerasCVArguments = {}): GridMaskOptions {
  const given = checkOptions<KerasCVArguments>('args', args, kerasKeys)
  const { ratioFactor = [0, 0.5], rotationFactor = 0.15 } = given
  const [low, high] = Array.isArray(ratioFactor) ? ratioFactor : [0, ratioFactor]
  const turn = checkNumber(
    'rotationFactor',
    rotationFactor,
    'a number in [0, 1]',
    (f) => f >= 0 && f <= 1,
  )
  return {
    ratio: dropRange('ratioFactor', low, high),
    unit: (height, width) => {
      const [small, large] = [0.5 * height, 0.3 * width].sort((a, b) => a - b) as [number, number]
      return atLeastOne(Math.floor(small), Math.floor(large) + 1)
    },
    rotate: Math.min(Math.round(2 * turn * 360), 360),
  }
}

/**
 * Arguments of albumentations' `GridDropout`, in version 2 and, if they differ, in earlier
 * versions.
 *
 * @example
 * ```ts
 * const args: GridDropoutArguments = { ratio: 0.4, unitSizeRange: [24, 64], p: 1 }
 * ```
 */
export interface GridDropoutArguments {
  /** Side of the hole as a fraction of the unit, in (0, 1). Default 0.5. */
  ratio?: number | undefined
  /**
   * Smallest and largest unit in pixels, both included; whole numbers from 2. Default: a tenth of the
   * image's shorter side.
   */
  unitSizeRange?: readonly number[] | undefined
  /** The smallest unit, in versions before 1.4, instead of `unitSizeRange`. */
  unitSizeMin?: number | undefined
  /** The largest, likewise: needed with `unitSizeMin`. */
  unitSizeMax?: number | undefined
  /** Units across and down, instead of their size; whole numbers from 1. */
  holesNumberXy?: readonly number[] | undefined
  /** Units across, in versions before 1.4, instead of `holesNumberXy`. Default 10. */
  holesNumberX?: number | undefined
  /** Units down, likewise. Default 10. */
  holesNumberY?: number | undefined
  /** The probability that an image is masked, in [0, 1]. Default 0.5. */
  p?: number | undefined
  /** What dropped pixels become: a number, or one number per channel. Default 0. */
  fill?: number | readonly number[] | undefined
}

/**
 * Arguments of AlbumentationsX' `GridMask` with its default pattern, "lines".
 *
 * @example
 * ```ts
 * const args: AlbumentationsGridMaskArguments = { numGridRange: [4, 8], lineWidthRange: [0.3, 0.4] }
 * ```
 */
export interface AlbumentationsGridMaskArguments {
  /** Fewest and most units along the shorter side, both included. Default [3, 7]. */
  numGridRange?: readonly number[] | undefined
  /** Width of the dropped line as a fraction of the unit, [min, max) within (0, 1). Default [0.2, 0.5]. */
  lineWidthRange?: readonly number[] | undefined
  /** Rotation in radians, [min, max]. Default [0, 0]. */
  rotationRange?: readonly number[] | undefined
  /** The probability that an image is masked, in [0, 1]. Default 0.5. */
  p?: number | undefined
  /** What dropped pixels become: a number, or one number per channel. Default 0. */
  fill?: number | readonly number[] | undefined
}

const sizeKeys = ['unitSizeRange', 'unitSizeMin', 'unitSizeMax'] as const
const numberKeys = ['holesNumberXy', 'holesNumberX', 'holesNumberY'] as const
const dropoutKeys = ['ratio', ...sizeKeys, ...numberKeys] as const
const lineKeys = ['numGridRange', 'lineWidthRange', 'rotationRange'] as const
const albumentationsKeys = new Set<string>([...dropoutKeys, ...lineKeys, 'p', 'fill'])

type AlbumentationsArguments = Partial<GridDropoutArguments & AlbumentationsGridMaskArguments>

/**
 * Options that draw as albumentations does. With arguments of its `GridDropout` (`ratio`, units or
 * holes) they draw like that, except that its holes are shifted separately and ours form a lattice
 * of squares. Otherwise they draw like the `GridMask` of AlbumentationsX, which drops lines instead
 * of squares: `reverse` is set.
 *
 * @param args the arguments of one of the two: {@link GridDropoutArguments} or
 *   {@link AlbumentationsGridMaskArguments}
 * @example
 * ```ts run
 * const options = fromAlbumentations({ ratio: 0.4, unitSizeRange: [24, 64] })
 * console.log(options.ratio, options.unit, options.probability)   // 0.6 [ 24, 65 ] 0.5
 * ```
 * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (also if arguments of both
 *   are given), ERR_OUT_OF_RANGE
 */
export function fromAlbumentations(
  args: GridDropoutArguments | AlbumentationsGridMaskArguments = {},
): GridMaskOptions {
  const given: AlbumentationsArguments = checkOptions('args', args, albumentationsKeys)
  const present = (keys: readonly (keyof AlbumentationsArguments)[]) =>
    keys.find((key) => given[key] !== undefined)
  const [dropout, lines] = [present(dropoutKeys), present(lineKeys)]
  refuseBoth('GridDropout', dropout, 'GridMask', lines)
  refuseBoth('sizes of units', present(sizeKeys), 'numbers of holes', present(numberKeys))
  const { p = 0.5, fill } = given
  return {
    ...(dropout === undefined ? lineOptions(given) : dropoutOptions(given)),
    probability: checkProbability('p', p),
    ...(fill === undefined ? {} : { fill: checkFill('fill', fill) }),
  }
}

function refuseBoth(one: string, itsKey: string | undefined, other: string, key?: string): void {
  if (itsKey === undefined || key === undefined) return
  throw new GridMaskError(
    'ERR_INVALID_ARG_VALUE',
    `Expected \`args\` to be ${one} or ${other}, but received both: \`${itsKey}\` and \`${key}\``,
  )
}

function dropoutOptions(given: AlbumentationsArguments): Pick<GridMaskOptions, 'ratio' | 'unit'> {
  const { ratio = 0.5, unitSizeRange, unitSizeMin, unitSizeMax } = given
  const dropped = checkNumber('ratio', ratio, 'a number in (0, 1)', (r) => r > 0 && r < 1)
  if (unitSizeMin !== undefined || unitSizeMax !== undefined) {
    refuseBoth('of version 2', unitSizeRange && 'unitSizeRange', 'older', 'unitSizeMin')
    const min = checkInteger('unitSizeMin', unitSizeMin, 2, MAX_UNIT)
    return {
      ratio: 1 - dropped,
      unit: [min, checkInteger('unitSizeMax', unitSizeMax, min, MAX_UNIT) + 1],
    }
  }
  if (unitSizeRange !== undefined) {
    const [min, max] = checkPair('unitSizeRange', unitSizeRange, 2)
    return { ratio: 1 - dropped, unit: [min, max + 1] }
  }
  const [across, down] = holesOf(given)
  return {
    ratio: 1 - dropped,
    unit: (height, width) => {
      const side = Math.min(Math.floor(width / across), Math.floor(height / down))
      return Math.min(Math.max(side, 2), MAX_UNIT)
    },
  }
}

/** Units across and down; ten by default. */
function holesOf({ holesNumberXy, holesNumberX, holesNumberY }: AlbumentationsArguments): Range {
  const isOlder = holesNumberX !== undefined || holesNumberY !== undefined
  if (isOlder) refuseBoth('of version 2', holesNumberXy && 'holesNumberXy', 'older', 'holesNumberX')
  const count = (name: string, value: unknown = 10) => checkInteger(name, value, 1, MAX_SIDE)
  if (holesNumberXy === undefined) {
    return [count('holesNumberX', holesNumberX), count('holesNumberY', holesNumberY)]
  }
  if (!Array.isArray(holesNumberXy) || holesNumberXy.length !== 2) {
    invalid('ERR_INVALID_ARG_TYPE', 'holesNumberXy', 'two whole numbers', holesNumberXy)
  }
  return [count('holesNumberXy[0]', holesNumberXy[0]), count('holesNumberXy[1]', holesNumberXy[1])]
}

function lineOptions(given: AlbumentationsArguments) {
  const { numGridRange = [3, 7], lineWidthRange = [0.2, 0.5], rotationRange = [0, 0] } = given
  const [fewest, most] = checkPair('numGridRange', numGridRange, 1)
  const [from, to] = Array.isArray(rotationRange) ? rotationRange : []
  const arc = checkNumber('rotationRange', to - from, 'a pair of radians, in order', (a) => a >= 0)
  return {
    ratio: checkRatioRange('lineWidthRange', lineWidthRange),
    unit: (height: number, width: number) => {
      const shorter = Math.min(height, width)
      return atLeastOne(Math.floor(shorter / most), Math.floor(shorter / fewest) + 1)
    },
    rotate: Math.min(Math.round((arc * 180) / Math.PI), 360),
    reverse: true,
  }
}

/** [min, max) within 1 … MAX_UNIT + 1, and not empty. */
function atLeastOne(min: number, max: number): Range {
  const first = Math.min(Math.max(min, 1), MAX_UNIT)
  return [first, Math.min(Math.max(max, first + 1), MAX_UNIT + 1)]
}

/** A range of dropped fractions [low, high] as one of kept fractions. */
function dropRange(name: string, low: unknown, high: unknown): number | Range {
  const areNumbers = typeof low === 'number' && typeof high === 'number'
  if (!(areNumbers && low >= 0 && high < 1 && low <= high && high > 0)) {
    invalid('ERR_OUT_OF_RANGE', name, 'a number in (0, 1) or an ordered pair within [0, 1)', [
      low,
      high,
    ])
  }
  return low === high ? 1 - low : [1 - high, 1 - low]
}

function checkPair(name: string, value: unknown, least: number): Range {
  const [min, max] = Array.isArray(value) && value.length === 2 ? value : []
  const first = checkInteger(`${name}[0]`, min, least, MAX_UNIT)
  return [first, checkInteger(`${name}[1]`, max, first, MAX_UNIT)]
}
