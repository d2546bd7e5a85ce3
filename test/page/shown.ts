// The page in a browser: opened, moved to an address, and read.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import * as library from '../../lib/index'
import { type Faults, has, hasBrowser, launch, openTab } from './browser'

const built = pathToFileURL(join(__dirname, '../../docs/play/index.html')).href

export const describeInBrowser = hasBrowser ? describe : describe.skip

/** The page, opened again before each test. An error in it fails the test. */
export function openBeforeEach(): { readonly browser: Browser; readonly page: Page } {
  const opened = {} as { browser: Browser; page: Page; faults: Faults }
  beforeAll(async () => {
    opened.browser = await launch()
    Object.assign(opened, await openTab(opened.browser))
  })
  afterAll(() => opened.browser?.close())
  beforeEach(() => load(opened.page))
  afterEach(() => expect(opened.faults).toEqual([]))
  return opened
}

/** Opens the built page, or a copy of it, and waits for its first figures. */
export async function load(page: Page, url = built): Promise<void> {
  await page.goto('about:blank')
  await page.goto(url)
  await has(page, '#call', /\S/)
}

/** Goes to another address of the open page, as a link in it would. */
export async function show(page: Page, hash: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
}

export interface Shown {
  width: number
  height: number
  /** 1 = kept, row by row, as in maskOf(); 2 if the canvas is neither black nor white. */
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

// The page draws before the next frame; after two, the figures show everything that was done.
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

/** 1 where the displayed program leaves the first channel of an image of ones as it is. */
export function keptBy({ call, width, height }: Shown): Uint8Array {
  return evaluate(call, new Uint8Array(3 * width * height).fill(1))
    .filter((_, i) => i % 3 === 0)
    .map((value) => (value === 1 ? 1 : 0))
}
