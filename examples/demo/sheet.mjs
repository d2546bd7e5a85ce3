// SPDX-License-Identifier: MIT
//
// A contact sheet: pictures, text and shapes placed by hand, written as a PNG.
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import sharp from 'sharp'

/** @typedef {import('./photos.mjs').Picture} Picture */
/** @typedef {{ size?: number, weight?: 400 | 600, fill?: string, anchor?: 'start' | 'middle' | 'end' }} TextStyle */

export const colours = {
  ink: '#1c1c1e',
  quiet: '#6b6b70',
  line: '#d4d4d8',
  accent: '#b4461e',
}

// The grid that all sheets but one share, in pixels.
export const MARGIN = 48
export const GAP = 16
export const SIDE = 224
const COLUMNS = 6
export const WIDTH = 2 * MARGIN + COLUMNS * SIDE + (COLUMNS - 1) * GAP

/** @param {number} column */
export function columnX(column) {
  return MARGIN + column * (SIDE + GAP)
}

/** @type {Promise<void> | undefined} */
let fonts

// A machine without fonts draws boxes, others each their own typeface. A font named as a file joins
// those of the process, where SVG finds it too.
async function loadFonts() {
  const { resolve } = createRequire(import.meta.url)
  for (const style of ['400Regular', '600SemiBold']) {
    const font = `@expo-google-fonts/inter/${style}/Inter_${style}.ttf`
    await sharp({ text: { text: '.', font: 'Inter', fontfile: resolve(font) } }).toBuffer()
  }
}

export class Sheet {
  /** @type {{ picture: Picture, x: number, y: number }[]} */
  #panels = []
  /** @type {string[]} */
  #shapes = []

  /** To be set before `write`. */
  height = 0

  /** @param {number} width */
  constructor(width) {
    this.width = width
  }

  /**
   * @param {Picture} picture drawn pixel by pixel
   * @param {number} x
   * @param {number} y
   */
  panel(picture, x, y) {
    this.#panels.push({ picture, x, y })
  }

  /** @param {string} shapes SVG */
  draw(shapes) {
    this.#shapes.push(shapes)
  }

  /**
   * @param {number} x
   * @param {number} y of the baseline
   * @param {string} text
   * @param {TextStyle} [style]
   */
  text(x, y, text, { size = 18, weight = 400, fill = colours.ink, anchor = 'start' } = {}) {
    this.draw(
      `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}" ` +
        `text-anchor="${anchor}">${escapeXml(text)}</text>`,
    )
  }

  /**
   * @param {string} title
   * @param {string} line says what there is to see
   * @returns {number} the y below
   */
  heading(title, line) {
    this.text(MARGIN, MARGIN + 34, title, { size: 42, weight: 600 })
    this.text(MARGIN, MARGIN + 74, line, { size: 20, fill: colours.quiet })
    return MARGIN + 90
  }

  /**
   * An outline around a panel, outside its pixels.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} side
   * @param {string} colour
   * @param {number} width
   */
  frame(x, y, side, colour, width) {
    const outer = side + width
    this.draw(
      `<rect x="${x - width / 2}" y="${y - width / 2}" width="${outer}" height="${outer}" ` +
        `fill="none" stroke="${colour}" stroke-width="${width}"/>`,
    )
  }

  /**
   * @param {string} file
   * @param {boolean} palette 256 colours: a third of the size
   */
  async write(file, palette) {
    fonts ??= loadFonts()
    await fonts
    const { width, height } = this
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `font-family="Inter, sans-serif">${this.#shapes.join('')}</svg>`
    const png = await sharp(this.#pixels(), { raw: { width, height, channels: 3 } })
      .composite([{ input: Buffer.from(svg) }])
      .removeAlpha()
      .png(palette ? { palette, effort: 10, compressionLevel: 9 } : {})
      .toBuffer()
    await writeFile(file, png)
  }

  #pixels() {
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

/** @param {string} text */
function escapeXml(text) {
  return text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`)
}
