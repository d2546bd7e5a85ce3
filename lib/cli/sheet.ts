/** A contact sheet: pictures, text and shapes placed by hand, as a PNG. */
import { loadSharp, type Picture } from './pictures'

interface TextStyle {
  /** Pixels. */
  size?: number
  weight?: 400 | 600
  fill?: string
  anchor?: 'start' | 'middle' | 'end'
}

export const colours = {
  ink: '#1c1c1e',
  quiet: '#6b6b70',
  line: '#d4d4d8',
  accent: '#b4461e',
}

// The usual grid, in pixels.
export const MARGIN = 48
export const GAP = 16
export const SIDE = 224
export const COLUMNS = 6
export const WIDTH = 2 * MARGIN + COLUMNS * SIDE + (COLUMNS - 1) * GAP

export function columnX(column: number): number {
  return MARGIN + column * (SIDE + GAP)
}

export class Sheet {
  readonly #panels: { picture: Picture; x: number; y: number }[] = []
  readonly #shapes: string[] = []
  readonly #texts: string[] = []

  /** Pixels; to be set before {@link Sheet.png}. */
  height = 0

  constructor(readonly width: number) {}

  /** A picture, pixel by pixel. */
  panel(picture: Picture, x: number, y: number): void {
    this.#panels.push({ picture, x, y })
  }

  /** @param shapes SVG */
  draw(shapes: string): void {
    this.#shapes.push(shapes)
  }

  /** @param y of the baseline */
  text(x: number, y: number, text: string, style: TextStyle = {}): void {
    const { size = 18, weight = 400, fill = colours.ink, anchor = 'start' } = style
    this.#texts.push(
      `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}" ` +
        `text-anchor="${anchor}">${escapeXml(text)}</text>`,
    )
  }

  /**
   * @param line says what there is to see
   * @returns the y below
   */
  heading(title: string, line: string): number {
    this.text(MARGIN, MARGIN + 34, title, { size: 42, weight: 600 })
    this.text(MARGIN, MARGIN + 74, line, { size: 20, fill: colours.quiet })
    return MARGIN + 90
  }

  /** An outline around a square panel, outside its pixels. */
  frame(x: number, y: number, side: number, colour: string, width: number): void {
    const outer = side + width
    this.draw(
      `<rect x="${x - width / 2}" y="${y - width / 2}" width="${outer}" height="${outer}" ` +
        `fill="none" stroke="${colour}" stroke-width="${width}"/>`,
    )
  }

  /**
   * Where the machine has no fonts, the pictures and shapes alone.
   *
   * @param palette 256 colours: a third of the size
   * @param font a font that the system has, or a list of them as in CSS
   */
  async png({ palette = false, font = 'sans-serif' } = {}): Promise<Buffer> {
    const sharp = await loadSharp()
    const { width, height } = this
    const shapes = [...this.#shapes, ...((await hasFonts()) ? this.#texts : [])]
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `font-family="${font}">${shapes.join('')}</svg>`
    return sharp(this.#pixels(), { raw: { width, height, channels: 3 } })
      .composite([{ input: Buffer.from(svg) }])
      .removeAlpha()
      .png(palette ? { palette, effort: 10, compressionLevel: 9 } : {})
      .toBuffer()
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

/** Without fonts every letter is the same box. */
export async function hasFonts(): Promise<boolean> {
  const sharp = await loadSharp()
  const widths = ['i', 'm'].map(async (text) => {
    const { info } = await sharp({ text: { text } }).toBuffer({ resolveWithObject: true })
    return info.width
  })
  const [narrow, wide] = await Promise.all(widths)
  return narrow !== wide
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`)
}
