// A real browser without a window, and the errors in it.
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const programs = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Any that is built on Chromium; $CHROMIUM names another. */
const program = programs.find((path) => path !== undefined && existsSync(path))

/** Whether tests can be run. In CI they are, and fail without a browser. */
export const hasBrowser = program !== undefined || process.env.CI === 'true'
if (!hasBrowser) {
  console.warn('No Chromium: the page is not tested. apt-get install chromium, or set CHROMIUM.')
}

export function launch(): Promise<Browser> {
  if (program === undefined) throw new Error('No Chromium: apt-get install chromium')
  const flags = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
  return chromium.launch({ executablePath: program, args: flags })
}

/** Errors, and requests to other hosts, while a page was open; stays empty. */
export type Faults = string[]

/** @param origin of pages that are served */
export async function openTab(
  browser: Browser,
  options: BrowserContextOptions = {},
  origin = 'file:',
): Promise<{ page: Page; faults: Faults }> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const faults: Faults = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text())
  })
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) faults.push(url)
  })
  return { page, faults }
}

/** Waits for a text. Without code in the page, which the page's policy may forbid. */
export async function has(page: Page, selector: string, hasText: RegExp): Promise<void> {
  await page.locator(selector, { hasText }).waitFor({ state: 'attached' })
}
