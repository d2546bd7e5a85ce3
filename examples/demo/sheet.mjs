// SPDX-License-Identifier: MIT
//
// The contact sheets of `gridmask preview`, in a typeface that is the same on every machine.
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import sharp from 'sharp'
import { Sheet as PlainSheet, colours as plainColours } from '../../dist/cli/sheet.js'

export { columnX, GAP, MARGIN, SIDE, WIDTH } from '../../dist/cli/sheet.js'

export const colours = { ...plainColours, line: '#d4d4d8', accent: '#b4461e' }

/** @type {Promise<void> | undefined} */
let fonts

// A machine without fonts draws boxes, others each a different typeface. A font named as a file joins
// those of the process, where SVG finds it too.
async function loadFonts() {
  const { resolve } = createRequire(import.meta.url)
  for (const style of ['400Regular', '600SemiBold']) {
    const font = `@expo-google-fonts/inter/${style}/Inter_${style}.ttf`
    await sharp({ text: { text: '.', font: 'Inter', fontfile: resolve(font) } }).toBuffer()
  }
}

export class Sheet extends PlainSheet {
  /**
   * @param {string} file
   * @param {boolean} palette 256 colours: a third of the size
   */
  async write(file, palette) {
    fonts ??= loadFonts()
    await fonts
    const image = await this.render('Inter, sans-serif')
    const png = image.png(palette ? { palette, effort: 10, compressionLevel: 9 } : {})
    await writeFile(file, await png.toBuffer())
  }

  /**
   * An outline around a square panel, outside its pixels.
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
}
