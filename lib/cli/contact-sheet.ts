/** The sheet of `gridmask preview`: each photograph, followed by its samples. */
import { keepRatio } from '../api/mask-queries'
import type { Sample } from '../plan/plan'
import { printable } from './output'
import { type Picture, resizePicture } from './pictures'
import { BELOW_HEADING, colours, GAP, MARGIN, Sheet, SIDE, WIDTH } from './sheet'
import { UserError } from './user-error'

/** A photograph, in the size that is masked. */
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

const CAPTION = 44
const TOP = BELOW_HEADING + 30
// Beyond this, text is not drawn as SVG.
const MAX_HEIGHT = 32767
const LONGEST_NAME = 26
/** About the width of a letter in the line below the heading. */
const LETTER = 10

interface Size {
  width: number
  height: number
}

/** How a photograph and its samples are laid out: pictures of one size, row by row. */
interface Grid {
  columns: number
  rows: number
  /** Of a picture as shown, pixels. */
  width: number
  height: number
}

function gridOf(count: number, size: Size): Grid {
  const aspect = size.width / size.height
  // A wide picture is shown wide, with about the area of a square one.
  const wanted = Math.round(SIDE * Math.min(Math.sqrt(Math.max(1, aspect)), 3))
  // The pixels of a small picture are shown as squares of one size.
  const times = Math.ceil(wanted / size.width - 0.25)
  const width = times > 1 ? times * size.width : wanted
  const fitting = Math.max(1, Math.floor((WIDTH - 2 * MARGIN + GAP) / (width + GAP)))
  const rows = Math.ceil((1 + count) / fitting)
  // As even as possible, so that no row is nearly empty.
  const columns = Math.ceil((1 + count) / rows)
  return { columns, rows, width, height: Math.max(1, Math.round(width / aspect)) }
}

function sheetHeight(photos: number, { rows, height }: Grid): number {
  return TOP + photos * rows * (height + CAPTION) - CAPTION + 30 + MARGIN
}

/** @throws {UserError} if a sheet of this many photographs, with `count` samples each, would be too high */
export function checkSheet(photos: number, count: number, size: Size): void {
  const height = sheetHeight(photos, gridOf(count, size))
  if (height <= MAX_HEIGHT) return
  throw new UserError(
    `The sheet would be ${height} pixels high, more than ${MAX_HEIGHT}: ` +
      'give fewer photographs or a smaller --count',
  )
}

/**
 * @param photos all of one size, each with the same number of samples
 * @returns the sheet, and where each photograph's samples lie in it
 */
export async function contactSheet(
  photos: readonly [Photo, ...Photo[]],
  line: string,
): Promise<{ sheet: Sheet; places: Place[][] }> {
  const size = photos[0].original
  const grid = gridOf(photos[0].masked.length, size)
  const { columns, rows, width, height } = grid
  const sheet = new Sheet(
    2 * MARGIN + Math.max(columns * (width + GAP) - GAP, LETTER * line.length),
  )
  sheet.heading('GridMask', line)
  sheet.height = sheetHeight(photos.length, grid)
  // A picture smaller than its place is shown pixel by pixel.
  const kernel = size.width < width ? 'nearest' : 'lanczos3'
  const draw = async (picture: Picture, place: number, caption: string) => {
    const x = MARGIN + (place % columns) * (width + GAP)
    const y = TOP + Math.floor(place / columns) * (height + CAPTION)
    sheet.panel(await resizePicture(picture, width, height, { kernel }), x, y)
    sheet.text(x, y + height + 24, caption, { size: 16, fill: colours.quiet })
    return { x, y, width, height }
  }
  const places: Place[][] = []
  for (const [n, { name, original, masked }] of photos.entries()) {
    const first = n * rows * columns
    await draw(original, first, shortened(name))
    const own: Place[] = []
    for (const [i, { picture, sample }] of masked.entries()) {
      own.push(await draw(picture, first + 1 + i, captionOf(sample, size.width, size.height)))
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
