/** The sheet of `gridmask preview`: each photograph, and beside it samples of it. */
import { keepRatio } from '../api/mask-queries'
import type { Sample } from '../plan/plan'
import { type Picture, resizePicture } from './pictures'
import { COLUMNS, colours, columnX, MARGIN, Sheet, SIDE, WIDTH } from './sheet'
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
// Of text as SVG more is not drawn.
const MAX_HEIGHT = 32767

/** @returns the sheet, and where each photograph's samples lie in it */
export async function contactSheet(
  photos: readonly Photo[],
  line: string,
): Promise<{ sheet: Sheet; places: Place[][] }> {
  const sheet = new Sheet(WIDTH)
  const places: Place[][] = []
  let y = sheet.heading('GridMask', line) + 30
  for (const { name, original, masked } of photos) {
    const { width, height } = original
    const shown = Math.max(1, Math.round((SIDE * height) / width))
    // What is smaller than its place is shown pixel by pixel.
    const kernel = width < SIDE ? 'nearest' : 'lanczos3'
    const draw = async (picture: Picture, column: number, row: number, caption: string) => {
      const x = columnX(column)
      const top = y + row * (shown + CAPTION)
      sheet.panel(await resizePicture(picture, SIDE, shown, { kernel }), x, top)
      sheet.text(x, top + shown + 24, caption, { size: 16, fill: colours.quiet })
      return { x, y: top, width: SIDE, height: shown }
    }
    await draw(original, 0, 0, name.length > 26 ? `${name.slice(0, 25)}…` : name)
    const own: Place[] = []
    for (const [i, { picture, sample }] of masked.entries()) {
      const caption = captionOf(sample, width, height)
      own.push(await draw(picture, 1 + (i % ACROSS), Math.floor(i / ACROSS), caption))
    }
    places.push(own)
    y += Math.ceil(masked.length / ACROSS) * (shown + CAPTION)
  }
  sheet.height = y - CAPTION + 30 + MARGIN
  if (sheet.height > MAX_HEIGHT) {
    throw new UserError(
      `The sheet would be ${sheet.height} pixels high, more than ${MAX_HEIGHT}: ` +
        'give fewer photographs or a smaller --count',
    )
  }
  return { sheet, places }
}

/** A sample in a few words. */
export function captionOf(sample: Sample, width: number, height: number): string {
  if (!sample.masked) return 'not masked'
  const kept = (100 * keepRatio(sample, [height, width])).toFixed(1)
  return `d ${sample.d}${sample.angle === 0 ? '' : `, ${sample.angle}°`}, ${kept} % kept`
}
