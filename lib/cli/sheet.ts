/** A contact sheet: pictures and text at given positions. */
import type { Sharp } from 'sharp'
import { loadSharp, type Picture } from './pictures'

interface TextStyle {
  /** Pixels. */
  size?: number
  weight?: 400 | 600
  fill?: string
  anchor?: 'start' | 'middle' | 'end'
}

export const colours = { ink: '#1c1c1e', quiet: '#6b6b70' }

// The usual grid, in pixels.
export const MARGIN = 48
export const GAP = 16
export const SIDE = 224
export const COLUMNS = 6
export const WIDTH = 2 * MARGIN + COLUMNS * SIDE + (COLUMNS - 1) * GAP
/** The first y below {@link Sheet.heading}. */
export const BELOW_HEADING = MARGIN + 90

export function columnX(column: number): number {
  return MARGIN + column * (SIDE + GAP)
}

export class Sheet {
  readonly #panels: { picture: Picture; x: number; y: number }[] = []
  readonly #drawn: string[] = []

  /** Pixels; set it before {@link Sheet.render}. */
  height = 0

  constructor(readonly width: number) {}

  /** A picture, pixel by pixel. */
  panel(picture: Picture, x: number, y: number): void {
    this.#panels.push({ picture, x, y })
  }

  /** Draws over the pictures. @param svg elements */
  draw(svg: string): void {
    this.#drawn.push(svg)
  }

  /** @param y of the baseline */
  text(x: number, y: number, text: string, style: TextStyle = {}): void {
    const { size = 18, weight = 400, fill = colours.ink, anchor = 'start' } = style
    this.draw(
      `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}" ` +
        `text-anchor="${anchor}">${escapeXml(text)}</text>`,
    )
  }

  /**
   * @param line what there is to see
   * @returns the y below it
   */
  heading(title: string, line: string): number {
    this.text(MARGIN, MARGIN + 34, title, { size: 42, weight: 600 })
    this.text(MARGIN, MARGIN + 74, line, { size: 20, fill: colours.quiet })
    return BELOW_HEADING
  }

  /**
   * The sheet, to be written in any format of sharp's. Without fonts on the machine, only its pictures.
   *
   * @param font a font that the system has, or a list of them as in CSS
   */
  async render(font = 'sans-serif'): Promise<Sharp> {
    const sharp = await loadSharp()
    const { width, height } = this
    const drawn = (await hasFonts()) ? this.#drawn : []
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `font-family="${font}">${drawn.join('')}</svg>`
    return sharp(this.#pixels(), { raw: { width, height, channels: 3 } })
      .composite([{ input: Buffer.from(svg) }])
      .removeAlpha()
  }

  #pixels(): Uint8Array {
    const pixels = new Uint8Array(this.width * this.height * 3).fill(255)
    for (const { picture, x, y } of this.#panels) {
      const row = picture.width * 3
      for (let i = 0; i < picture.height; i++) {
        const line = picture.rgb.subarray(i * row, (i + 1) * row)
        pixels.set(line, ((y + i) * this.width + x) * 3)
      }
    }
    return pixels
  }
}

/** Whether the machine has fonts. Without them, every letter is the same box. */
export async function hasFonts(): Promise<boolean> {
  const sharp = await loadSharp()
  const widths = ['i', 'm'].map(async (text) => {
    const { info } = await sharp({ text: { text } }).toBuffer({ resolveWithObject: true })
    return info.width
  })
  const [narrow, wide] = await Promise.all(widths)
  return narrow !== wide
}

/** Characters that XML does not allow become the replacement character. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`)
}
