import { defaultThreads } from '../backend/devices'
import { expectDone, native } from '../backend/native'
import { packHeader } from '../core/batch-header'
import { checkEach, invalid } from '../core/check'
import { GridMaskError } from '../core/errors'
import { type Box, checkSize, type ImageSize } from '../core/geometry'
import { allocating } from '../core/memory'
import type { NativeSamples } from '../core/native-interface'
import { maskOperation } from '../execution/mask-batch'
import { execute } from '../execution/operation'
import { packParams, type SampleParams } from '../plan/plan'
import { listOf } from '../plan/plan-list'
import { packRegions, type RegionParams } from '../plan/rectangle-plan'

/** The parameters of a lattice, or the rectangles of a baseline. */
type MaskParams = SampleParams | RegionParams

function refuseOthers(params: unknown): void {
  const expected = "one sample's parameters"
  const list = listOf(params)
  if (list !== undefined) {
    const hint = Array.isArray(params) ? 'Pass one of them' : 'Pass one of them: `plan.at(i)`'
    invalid('ERR_INVALID_ARG_TYPE', 'params', expected, params, hint)
  }
  if (typeof params !== 'object' || params === null) {
    const hint =
      params === undefined ? '`plan.at(i)` is undefined if there is no sample i' : undefined
    invalid('ERR_INVALID_ARG_TYPE', 'params', expected, params, hint)
  }
  if (typeof (params as { plan?: unknown }).plan === 'function') {
    const hint = 'It draws parameters: `plan({ count: 1, height, width }).at(0)`'
    invalid('ERR_INVALID_ARG_TYPE', 'params', expected, params, hint)
  }
}

function samplesOf(params: MaskParams): NativeSamples {
  refuseOthers(params)
  return 'regions' in params
    ? packRegions('params', params).samples
    : packParams('params', params).samples
}

/**
 * M, the mask of equation 1: one byte per pixel, row by row, 1 = kept, 0 = dropped.
 *
 * @param params one sample's {@link SampleParams}, or {@link RegionParams} of a baseline
 * @param size [height, width] in pixels, each 0 … 16384
 * @example
 * ```ts run
 * console.log(maskOf({ d: 4, ratio: 0.5, deltaY: 1 }, [1, 8]).join(' '))   // 1 1 0 0 1 1 0 0
 * ```
 * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
 */
export function maskOf(params: MaskParams, size: ImageSize | readonly number[]): Uint8Array {
  const samples = samplesOf(params)
  const [height, width] = checkSize(size)
  const mask = allocating('the mask', () => new Uint8Array(height * width).fill(1))
  if (mask.length === 0) return mask
  const layout = { count: 1, planes: 1, height, width, pixelBytes: 1, valueBytes: 1 }
  const operation = maskOperation(layout, samples, new Uint8Array(1))
  execute(operation, mask, mask, { device: 'cpu', threads: defaultThreads() })
  return mask
}

/** The number of kept pixels in each box. Boxes are in whole pixels within the image. */
function countKept(
  params: MaskParams,
  [height, width]: ImageSize,
  boxes: Int32Array,
): Float64Array {
  const counts = new Float64Array(boxes.length / 4)
  const { sampleKind, data } = samplesOf(params)
  const header = packHeader({ count: 1, height, width, sampleKind })
  expectDone(native.countKept(header, data as Uint8Array | Uint32Array, boxes, counts))
  return counts
}

/**
 * k, the exact fraction of an image that the mask keeps (equation 2), without drawing it. Equation
 * 3, `1 - (1-r)²`, is its limit for many units. For an image without pixels it is 1.
 *
 * @param params one sample's {@link SampleParams}, or {@link RegionParams} of a baseline
 * @param size [height, width] in pixels, each 0 … 16384
 * @example
 * ```ts run
 * console.log(keepRatio({ d: 100, ratio: 0.6 }, [1000, 1000]))   // 0.84
 * ```
 * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
 */
export function keepRatio(params: MaskParams, size: ImageSize | readonly number[]): number {
  const [height, width] = checkSize(size)
  const pixels = height * width
  const [kept] = countKept(params, [height, width], Int32Array.of(0, 0, width, height))
  return pixels === 0 ? 1 : (kept as number) / pixels
}

/**
 * For each box, the exact fraction of its pixels that the mask keeps: the part of an object that a
 * detector can still see, so that you can drop hidden objects or reduce their weight. A pixel
 * belongs to a box that contains its centre, so boxes may have fractions. Parts outside the image
 * do not count. For a box without pixels the result is 0.
 *
 * @param params one sample's {@link SampleParams}, or {@link RegionParams} of a baseline
 * @param size [height, width] in pixels, each 0 … 16384
 * @param boxes `[x0, y0, x1, y1]` each, in pixels, x0 ≤ x1, y0 ≤ y1
 * @example
 * ```ts run
 * const boxes = [[0, 0, 32, 32], [0, 0, 20, 20], [5, 5, 15, 15]] as const
 * console.log(visibleFraction({ d: 32, ratio: 0.5 }, [64, 64], boxes))   // [ 0.75, 0.36, 0 ]
 * ```
 * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
 */
export function visibleFraction(
  params: MaskParams,
  size: ImageSize | readonly number[],
  boxes: readonly (Box | ArrayLike<number>)[],
): number[] {
  const [height, width] = checkSize(size)
  const checked = checkBoxes(boxes, [height, width])
  const pixels = new Int32Array(boxes.length * 4)
  // The first pixel whose centre, at +0.5, is not left of the edge.
  const firstPixel = (edge: number, side: number) =>
    Math.min(Math.max(Math.ceil(edge - 0.5), 0), side)
  checked.forEach(([x0, y0, x1, y1], i) => {
    pixels.set(
      [
        firstPixel(x0, width),
        firstPixel(y0, height),
        firstPixel(x1, width),
        firstPixel(y1, height),
      ],
      i * 4,
    )
  })
  const counts = countKept(params, [height, width], pixels)
  return Array.from(counts, (kept, i) => {
    const [x0, y0, x1, y1] = pixels.subarray(i * 4) as unknown as Box
    const area = (x1 - x0) * (y1 - y0)
    return area === 0 ? 0 : kept / area
  })
}

const isUnit = (edge: number) => edge >= 0 && edge <= 1

function checkBoxes(boxes: unknown, [height, width]: ImageSize): Box[] {
  if (!Array.isArray(boxes)) {
    invalid('ERR_INVALID_ARG_TYPE', 'boxes', 'an array of [x0, y0, x1, y1]', boxes)
  }
  const checked = checkEach('boxes', boxes, (box, i) => checkBox(`boxes[${i}]`, box))
  const edges = checked.flat()
  const [box] = checked.filter(([x0, y0, x1, y1]) => x0 < x1 && y0 < y1)
  const isLarge = height > 1 && width > 1
  // One box within a pixel may be meant; a list of nothing else is not.
  if (box && isLarge && edges.every(isUnit) && !edges.every(Number.isInteger)) {
    const hint = 'Multiply boxes that are fractions of the image by its width and height'
    invalid('ERR_OUT_OF_RANGE', 'boxes', 'in pixels', box, hint)
  }
  return checked
}

export function checkBox(name: string, box: unknown): Box {
  const isBox =
    (Array.isArray(box) || ArrayBuffer.isView(box)) && (box as ArrayLike<unknown>).length === 4
  const values = isBox ? Array.from(box as ArrayLike<unknown>) : []
  if (!isBox || !values.every((v) => typeof v === 'number')) {
    const hint =
      typeof box === 'number'
        ? 'Each box is an array of its own: [[x0, y0, x1, y1]]'
        : 'width' in Object(box)
          ? 'From x, y, width and height: [x, y, x + width, y + height]'
          : undefined
    invalid('ERR_INVALID_ARG_TYPE', name, 'four numbers [x0, y0, x1, y1]', box, hint)
  }
  const [x0, y0, x1, y1] = values as [number, number, number, number]
  if (!values.every(Number.isFinite) || x0 > x1 || y0 > y1) {
    throw new GridMaskError(
      'ERR_OUT_OF_RANGE',
      `Expected \`${name}\` to be [x0, y0, x1, y1] with x0 <= x1 and y0 <= y1, ` +
        `but received [${values.join(', ')}]. If it is [x, y, width, height], as in COCO, pass ` +
        '[x, y, x + width, y + height]',
    )
  }
  return [x0, y0, x1, y1]
}
