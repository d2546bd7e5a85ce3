// The site in a real browser: no page complains, and each fits a desktop in light colours and a
// phone in dark ones.
import type { Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { type Faults, hasBrowser, launch, openTab } from '../page/browser'
import { pages, serve } from './server'

let browser: Browser
let server: Server
let top: string

const guides = pages.filter((page) => !/^(reference|source|play)\//.test(page))
const reference = pages.filter((page) => /^reference\/\w+\.html$/.test(page))

const views = [
  {
    name: 'desktop, light',
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
    shown: guides,
  },
  {
    name: 'phone, dark',
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
    shown: [...guides, ...reference],
  },
] as const

// As text: the functions of this file are not the page's.
const reading = `(() => {
  const luminance = (element, property) => {
    const numbers = getComputedStyle(element)[property].match(/[\\d.]+/g).map(Number)
    const linear = numbers.slice(0, 3).map((v) => (v <= 10.3 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
  }
  const { scrollWidth, clientWidth } = document.documentElement
  return {
    heading: document.querySelector('h1')?.textContent.trim() ?? '',
    overflow: scrollWidth - clientWidth,
    background: luminance(document.body, 'backgroundColor'),
    text: luminance(document.querySelector('main p') ?? document.body, 'color'),
    broken: [...document.querySelectorAll('main img')].filter((it) => it.complete && it.naturalWidth === 0).length,
  }
})()`

interface Reading {
  heading: string
  /** How much wider than the screen the page is, pixels. */
  overflow: number
  /** Luminances, 0 to 1. */
  background: number
  text: number
  /** Pictures that did not load. */
  broken: number
}

const describeInBrowser = hasBrowser ? describe : describe.skip
describeInBrowser('the site', () => {
  beforeAll(async () => {
    browser = await launch()
    ;({ server, top } = await serve())
  })
  afterAll(async () => {
    await browser?.close()
    server?.close()
  })

  describe.each(views)('$name', ({ viewport, colorScheme, shown }) => {
    let page: Page
    let faults: Faults
    beforeAll(async () => {
      ;({ page, faults } = await openTab(browser, { viewport, colorScheme }, top))
    })

    test.each(shown)('%s', async (path) => {
      faults.length = 0
      await page.goto(`${top}/${path}`)
      await page.locator('.VPNav').waitFor()
      const { heading, overflow, background, text, broken } = await page.evaluate<Reading>(reading)
      expect({ faults, overflow, broken }).toEqual({ faults: [], overflow: 0, broken: 0 })
      expect(heading).toMatch(/\w/)
      expect(background < 0.1).toBe(colorScheme === 'dark')
      const [darker, lighter] = [background, text].sort((a, b) => a - b) as [number, number]
      expect((lighter + 0.05) / (darker + 0.05)).toBeGreaterThan(4.5) // as WCAG's AA asks
    })

    test('finds a word, and goes there', async () => {
      await page.goto(`${top}/getting-started.html`)
      await page.locator('.VPNavBarSearch button').first().click()
      await page.locator('.VPLocalSearchBox input').fill('unitProbability')
      await page.locator('.VPLocalSearchBox .result').first().click()
      await page.waitForURL((url) => !url.pathname.includes('getting-started'))
      expect(await page.locator('main').textContent()).toContain('unitProbability')
      expect(faults).toEqual([])
    })
  })

  test('leads to the page to play with', async () => {
    const { page, faults } = await openTab(browser, {}, top)
    await page.goto(`${top}/index.html`)
    await page.locator('.VPHome a[href*="/play/"]').first().click()
    await page.locator('#call', { hasText: /\S/ }).waitFor({ state: 'attached' })
    expect(page.url()).toMatch(`${top}/play/index.html`)
    expect(faults).toEqual([])
  })

  test('a missing page says so', async () => {
    const { page } = await openTab(browser, {}, top)
    await page.goto(`${top}/404.html`)
    expect(await page.locator('.NotFound').textContent()).toContain('404')
  })
})
