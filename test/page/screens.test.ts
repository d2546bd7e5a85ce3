// How the page looks: on small screens, enlarged, in the dark.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launch, openTab } from './browser'
import { describeInBrowser, load, show, shown } from './shown'

const PHONE = { width: 360, height: 740 }

describeInBrowser('the page on screens of every kind', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  /** Opens the page on a screen, and looks at it. */
  async function onScreen<T>(
    options: BrowserContextOptions,
    look: (page: Page) => Promise<T>,
  ): Promise<T> {
    const { page, faults } = await openTab(browser, options)
    await load(page)
    const seen = await look(page)
    expect(faults).toEqual([])
    await page.context().close()
    return seen
  }

  test.each([
    [
      'a phone on its side',
      { viewport: { width: 740, height: 360 }, hasTouch: true, isMobile: true },
    ],
    ['a window at 200 %', { viewport: { width: 640, height: 400 } }],
  ])('%s shows mask and result next to every control', (_, options) =>
    onScreen(options, async (page) => {
      const { width, height } = options.viewport
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
      for (const id of ['preset', 'ratio', 'angle', 'epoch', 'seed', 'width']) {
        await page.locator(`#${id}`).focus()
        const [control, ...figures] = await Promise.all(
          [`#${id}`, '#mask', '#result'].map((what) => page.locator(what).boundingBox()),
        )
        expect((control?.y ?? -1) >= 0 && (control?.y ?? height) < height).toBe(true)
        for (const figure of figures) {
          expect(figure?.y).toBeGreaterThanOrEqual(0)
          expect((figure?.y ?? 0) + (figure?.height ?? 0)).toBeLessThanOrEqual(height)
          // Beside the controls, not under them.
          expect((figure?.x ?? 0) + (figure?.width ?? 0)).toBeLessThanOrEqual(control?.x ?? 0)
          expect(figure?.height).toBeGreaterThan(100)
        }
      }
    }),
  )

  test.each(['light', 'dark'] as const)(
    'borders of controls have a contrast of 3:1, %s',
    async (colorScheme) => {
      const colours = await onScreen({ colorScheme }, (page) =>
        page.evaluate<string[]>(`(() => {
        const style = (selector) => getComputedStyle(document.querySelector(selector))
        return [style('#seed').borderTopColor, style('#seed').backgroundColor,
          style('fieldset').backgroundColor, style('fieldset').borderTopColor,
          style(':root').backgroundColor]
      })()`),
      )
      const luminance = (colour: string) => {
        const [r = 0, g = 0, b = 0] = (colour.match(/\d+/g) ?? []).map((text) => {
          const value = Number(text) / 255
          return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
        })
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
      }
      const [edge, inside, panel, outline, back] = colours.map(luminance) as [number, ...number[]]
      const contrast = (a = 0, b = 0) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
      for (const around of [inside, panel]) expect(contrast(edge, around)).toBeGreaterThan(3)
      for (const around of [panel, back]) expect(contrast(outline, around)).toBeGreaterThan(3)
    },
  )

  test('fits a phone, with the figures in sight of every control', () =>
    onScreen({ viewport: PHONE, hasTouch: true, isMobile: true }, async (page) => {
      await show(page, '#preset=coco&epoch=9')
      await shown(page)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width)
      for (const id of ['ratio', 'angle', 'epoch', 'width']) {
        await page.locator(`#${id}`).focus()
        const [control, figure, view] = await Promise.all(
          [`#${id}`, '#result', '#view'].map((what) => page.locator(what).boundingBox()),
        )
        expect(figure?.y).toBeGreaterThanOrEqual(0)
        expect(control?.y).toBeGreaterThanOrEqual((view?.y ?? 0) + (view?.height ?? 0) - 1)
        expect(control?.y).toBeLessThan(PHONE.height)
      }
    }))

  test('is dark if that is preferred', async () => {
    const lightness = async (colorScheme: 'light' | 'dark') => {
      const colour = await onScreen({ colorScheme }, (page) =>
        page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor'),
      )
      return Number(/\d+/.exec(colour)?.[0])
    }
    expect(await lightness('light')).toBeGreaterThan(200)
    expect(await lightness('dark')).toBeLessThan(60)
  })
})
