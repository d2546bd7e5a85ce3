// SPDX-License-Identifier: MIT
//
// The contact sheets of `gridmask preview`, in a typeface that is the same on every machine.
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import sharp from 'sharp'
import { Sheet as PlainSheet } from '../../dist/cli/sheet.js'

export { colours, columnX, GAP, MARGIN, SIDE, WIDTH } from '../../dist/cli/sheet.js'

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

export class Sheet extends PlainSheet {
  /**
   * @param {string} file
   * @param {boolean} palette 256 colours: a third of the size
   */
  async write(file, palette) {
    fonts ??= loadFonts()
    await fonts
    await writeFile(file, await this.png({ palette, font: 'Inter, sans-serif' }))
  }
}
