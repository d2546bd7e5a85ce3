// The result on the page, byte for byte: of one's own pictures, with every fill.
import { describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import { has } from './browser'
import { describeInBrowser, evaluate, openBeforeEach, type Shown, show, shown } from './shown'

describeInBrowser('the result on the page', () => {
  const tab = openBeforeEach()
  const [width, height] = [61, 47]
  const picture = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 7919) % 251)

  /** The picture, as a user chooses it. */
  async function file() {
    const raw = { width, height, channels: 3 } as const
    const buffer = await sharp(picture, { raw }).png().toBuffer()
    return { name: 'own.png', mimeType: 'image/png', buffer }
  }

  describe('pictures', () => {
    const hash = `#d=20&ratio=0.5&angle=30&width=${width}&height=${height}`

    test('of the user are masked as by the displayed program', async () => {
      await show(tab.page, hash)
      const sample = await shown(tab.page)
      await tab.page.setInputFiles('#file', await file())
      await expectOwn()
      await tab.page.click('#sample')
      await tab.page.waitForTimeout(100)
      expect((await shown(tab.page)).result).toEqual(sample.result)
    })

    test('can be dropped on the page', async () => {
      await show(tab.page, hash)
      await shown(tab.page)
      const base64 = (await file()).buffer.toString('base64')
      await tab.page.evaluate(`fetch = undefined; {
        const bytes = Uint8Array.from(atob('${base64}'), (c) => c.charCodeAt(0))
        const dataTransfer = new DataTransfer()
        dataTransfer.items.add(new File([bytes], 'own.png', { type: 'image/png' }))
        for (const type of ['dragover', 'drop']) {
          document.querySelector('h1').dispatchEvent(
            new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
        }
      }`)
      await expectOwn()
    })

    /** The result is the program's, byte for byte, once the picture is read. */
    async function expectOwn(): Promise<void> {
      let figures = await shown(tab.page)
      const expected = evaluate(figures.call, picture)
      for (let i = 0; i < 50 && !Buffer.from(expected).equals(figures.result); i++) {
        await tab.page.waitForTimeout(20)
        figures = await shown(tab.page)
      }
      expect(Buffer.from(expected).equals(figures.result)).toBe(true)
      expect(expected).not.toEqual(picture)
    }

    test('that cannot be read are reported', async () => {
      const before = await shown(tab.page)
      const buffer = Buffer.from('no picture')
      await tab.page.setInputFiles('#file', { name: 'notes.png', mimeType: 'image/png', buffer })
      await has(tab.page, '#status', /notes\.png/)
      expect((await shown(tab.page)).result).toEqual(before.result)
    })

    test('are cut in the middle, to the image’s shape', async () => {
      // Thirds in three colours: a square shows only the middle one.
      const thirds = Buffer.from(
        Array.from({ length: 90 * 30 }, (_, i) =>
          [0, 1, 2].map((c) => (Math.floor((i % 90) / 30) === c ? 255 : 0)),
        ).flat(),
      )
      const buffer = await sharp(thirds, { raw: { width: 90, height: 30, channels: 3 } })
        .png()
        .toBuffer()
      await show(tab.page, '#d=20&unitProbability=0&width=12&height=12')
      await tab.page.setInputFiles('#file', { name: 'thirds.png', mimeType: 'image/png', buffer })
      await tab.page.waitForTimeout(200)
      const { result } = await shown(tab.page)
      expect([...result]).toEqual(Array.from({ length: 144 }, () => [0, 255, 0]).flat())
    })
  })

  describe('fills', () => {
    const hash = `width=${width}&height=${height}&ratio=0.5`

    /** Shows an address with a picture of the test's own. */
    async function showOwn(address: string): Promise<Shown> {
      await show(tab.page, address)
      await tab.page.setInputFiles('#file', await file())
      for (let i = 0; i < 50; i++) {
        const figures = await shown(tab.page)
        if (
          figures.mask.every((kept, p) => kept !== 1 || figures.result[3 * p] === picture[3 * p])
        ) {
          return figures
        }
        await tab.page.waitForTimeout(20)
      }
      throw new Error('The picture is not shown.')
    }

    const modes = [
      `#d=20&deltaX=3&angle=30&seed=9&${hash}`,
      `#preset=cifar10&epoch=299&index=3&seed=9&${hash}`,
    ]

    test.each(['mean', 'black', 'uniform', 'normal'])(
      '%s: the result is the program’s, byte for byte',
      async (fill) => {
        for (const address of modes) {
          const figures = await showOwn(`${address}&fill=${fill}`)
          expect(figures.mask).toContain(0)
          expect(await tab.page.inputValue('#fill')).toBe(fill)
          const expected = evaluate(figures.call, picture)
          expect(Buffer.from(expected).equals(figures.result)).toBe(true)
          const command = ['mean', 'black'].includes(fill) && address.includes('epoch')
          expect(figures.command !== '').toBe(command)
          expect(figures.command.includes('--fill 0')).toBe(command && fill === 'black')
        }
      },
    )

    test('gridmix: dropped pixels are those of the other image, and the label is mixed', async () => {
      for (const address of modes) {
        const figures = await showOwn(`${address}&fill=gridmix`)
        // The other image, from what this mask and its reverse show of it.
        const reversed = await showOwn(`${address}&fill=gridmix&reverse=true`)
        const other = figures.result.map((value, i) =>
          figures.mask[Math.floor(i / 3)] === 0 ? value : (reversed.result[i] as number),
        )
        expect(new Set(other).size).toBeGreaterThan(50)
        const both = new Uint8Array([...picture, ...other])
        const expected = evaluate(figures.call, both).subarray(0, picture.length)
        expect(Buffer.from(expected).equals(figures.result)).toBe(true)
        await show(tab.page, `${address}&fill=gridmix`)
        const { kept } = await shown(tab.page)
        expect(await tab.page.textContent('#labels')).toContain(`Label: ${kept} of this image`)
      }
    })
  })
})
