// A real browser without a window, and what it shows.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import * as library from '../../lib/index'

export const pageUrl = pathToFileURL(join(__dirname, '../../docs/play/index.html')).href

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

/** What went wrong or out while a page was open; stays empty. */
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

/** Waits for a text. Without code in the page, which its own policy may forbid. */
export async function has(page: Page, selector: string, hasText: RegExp): Promise<void> {
  await page.locator(selector, { hasText }).waitFor({ state: 'attached' })
}

/** Opens a page, by default the page, and waits for its first figures. */
export async function load(page: Page, url = pageUrl): Promise<void> {
  await page.goto('about:blank')
  await page.goto(url)
  await has(page, '#call', /\S/)
}

/** Another address of the page that is open, as a link in it would do it. */
export async function show(page: Page, hash: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
}

export interface Shown {
  width: number
  height: number
  /** 1 = kept, row by row, as maskOf() has it; 2 where the canvas is neither black nor white. */
  mask: Uint8Array
  /** RGB, row by row. */
  result: Uint8Array
  call: string
  command: string
  kept: string
  limit: string
  formula: string
  status: string
}

// The page draws before the next frame; after two the figures are those of all that was done.
const reading = `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
  const pixels = (id) => {
    const { width, height } = document.getElementById(id)
    const { data } = document.getElementById(id).getContext('2d').getImageData(0, 0, width, height)
    let text = ''
    for (let i = 0; i < data.length; i += 32768) {
      text += String.fromCharCode(...data.subarray(i, i + 32768))
    }
    return { width, height, rgba: btoa(text) }
  }
  const text = (id) => document.getElementById(id).textContent
  resolve({
    mask: pixels('mask'), result: pixels('result'), call: text('call'), command: text('command'),
    kept: text('kept'), limit: text('limit'), formula: text('formula'), status: text('status'),
  })
})))`

interface Pixels {
  width: number
  height: number
  rgba: string
}

export async function shown(page: Page): Promise<Shown> {
  type Reading = Omit<Shown, 'mask' | 'result'> & { mask: Pixels; result: Pixels }
  const read = await page.evaluate<Reading>(reading)
  const { width, height } = read.mask
  const [mask, result] = [read.mask, read.result].map(({ rgba }) => Buffer.from(rgba, 'base64'))
  const rgb = (result as Buffer).filter((_, i) => i % 4 !== 3)
  const words = Array.from({ length: width * height }, (_, i) => mask?.readUInt32LE(4 * i))
  const bits = words.map((word) => (word === 0xffffffff ? 1 : word === 0xff000000 ? 0 : 2))
  return { ...read, width, height, mask: Uint8Array.from(bits), result: new Uint8Array(rgb) }
}

/** What a program that the page shows makes of images. */
export function evaluate(call: string, images: Uint8Array): Uint8Array {
  const program = call.replace(/import (\{.*\}) from 'gridmask'/, 'const $1 = library')
  return new Function('library', 'images', `${program}; return masked`)(library, images)
}
