/** The sheet of `gridmask preview`: each photograph, and beside it samples of it. */
import { keepRatio } from '../api/mask-queries'
import type { Sample } from '../plan/plan'
import { printable } from './output'
import { type Picture, resizePicture } from './pictures'
import { BELOW_HEADING, COLUMNS, colours, columnX, MARGIN, Sheet, SIDE, WIDTH } from './sheet'
import { UserError } from './user-error'

/** A photograph of the size that is masked. */
export interface Photo {
  name: string
  original: Picture
  masked: readonly { picture: Picture; sample: Sample }[]
}

/** Where a sample lies in the sheet, pixels. */
export interface Place {
  x: number
  y: number
  width: number
  height: number
}

const ACROSS = COLUMNS - 1
const CAPTION = 44
const TOP = BELOW_HEADING + 30
// Of text as SVG more is not drawn.
const MAX_HEIGHT = 32767
const LONGEST_NAME = 26

interface Size {
  width: number
  height: number
}

/** The height at which a picture is shown. */
function shownHeight({ width, height }: Size): number {
  return Math.max(1, Math.round((SIDE * height) / width))
}

/** The height of a photograph with `count` samples, captions included. */
function blockHeight(count: number, size: Size): number {
  return Math.ceil(count / ACROSS) * (shownHeight(size) + CAPTION)
}

function sheetHeight(photos: number, count: number, size: Size): number {
  return TOP + photos * blockHeight(count, size) - CAPTION + 30 + MARGIN
}

/** @throws {UserError} where a sheet of so many photographs, with `count` samples each, would be too high */
export function checkSheet(photos: number, count: number, size: Size): void {
  const height = sheetHeight(photos, count, size)
  if (height <= MAX_HEIGHT) return
  throw new UserError(
    `The sheet would be ${height} pixels high, more than ${MAX_HEIGHT}: ` +
      'give fewer photographs or a smaller --count',
  )
}

/**
 * @param photos all of one size, and with as many samples
 * @returns the sheet, and where each photograph's samples lie in it
 */
export async function contactSheet(
  photos: readonly [Photo, ...Photo[]],
  line: string,
): Promise<{ sheet: Sheet; places: Place[][] }> {
  const sheet = new Sheet(WIDTH)
  sheet.heading('GridMask', line)
  const size = photos[0].original
  const count = photos[0].masked.length
  sheet.height = sheetHeight(photos.length, count, size)
  const shown = shownHeight(size)
  // What is smaller than its place is shown pixel by pixel.
  const kernel = size.width < SIDE ? 'nearest' : 'lanczos3'
  const draw = async (picture: Picture, x: number, y: number, caption: string) => {
    sheet.panel(await resizePicture(picture, SIDE, shown, { kernel }), x, y)
    sheet.text(x, y + shown + 24, caption, { size: 16, fill: colours.quiet })
    return { x, y, width: SIDE, height: shown }
  }
  const places: Place[][] = []
  for (const [n, { name, original, masked }] of photos.entries()) {
    const top = TOP + n * blockHeight(count, size)
    await draw(original, columnX(0), top, shortened(name))
    const own: Place[] = []
    for (const [i, { picture, sample }] of masked.entries()) {
      const y = top + Math.floor(i / ACROSS) * (shown + CAPTION)
      const caption = captionOf(sample, size.width, size.height)
      own.push(await draw(picture, columnX(1 + (i % ACROSS)), y, caption))
    }
    places.push(own)
  }
  return { sheet, places }
}

function shortened(name: string): string {
  const letters = [...printable(name)]
  return letters.length > LONGEST_NAME
    ? `${letters.slice(0, LONGEST_NAME - 1).join('')}…`
    : letters.join('')
}

/** A sample in a few words. */
export function captionOf(sample: Sample, width: number, height: number): string {
  if (!sample.masked) return 'not masked'
  const kept = (100 * keepRatio(sample, [height, width])).toFixed(1)
  return `d ${sample.d}${sample.angle === 0 ? '' : `, ${sample.angle}°`}, ${kept} % kept`
}
