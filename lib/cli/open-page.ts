/** The page to play with, docs/play/: where it is, with which parameters, and on the screen. */
import { existsSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { checkBoolean, checkOptions, invalid } from '../core/check'

/**
 * What the page shows at first; of the names of options and of plans, those it has controls for. With
 * `d`, `deltaX`, `deltaY` or `angle` the parameters are set by hand, else with `preset`, `epoch` or
 * `index` drawn. What the page does not understand it says, and does without.
 */
export interface PageParams {
  preset?: string
  seed?: number | bigint | string
  epoch?: number
  index?: number
  ratio?: number
  reverse?: boolean
  unitProbability?: number
  d?: number
  deltaX?: number
  deltaY?: number
  angle?: number
  unitKey?: readonly [number, number]
  height?: number
  width?: number
}

const pageKeys = [
  'preset',
  'seed',
  'epoch',
  'index',
  'ratio',
  'reverse',
  'unitProbability',
  'd',
  'deltaX',
  'deltaY',
  'angle',
  'unitKey',
  'height',
  'width',
] as const satisfies (keyof PageParams)[]

/** Settings of {@link openPage}. */
export interface OpenPageOptions {
  /** Show it in the user's browser. Default true. */
  open?: boolean
  /** What it shows at first. Default: the page's own choice. */
  params?: PageParams
}

/** How long a launcher that fails is given to say so, milliseconds. */
const PATIENCE = 2000

/**
 * Opens the page in the user's browser and resolves to its `file:` URL, parameters included. Where no
 * browser can be opened, the URL is written to the standard error stream, and nothing is thrown.
 *
 * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export async function openPage(options: OpenPageOptions = {}): Promise<string> {
  const { open: openValue = true, params: paramsValue = {} } = checkOptions<OpenPageOptions>(
    'options',
    options,
    new Set(['open', 'params']),
  )
  const open = checkBoolean('open', openValue)
  const params = checkOptions<PageParams>('params', paramsValue, new Set(pageKeys))
  const url = pathToFileURL(pagePath())
  url.hash = hashOf(params)
  if (open && !(await show(url))) {
    console.error(`No browser could be opened. The page is ${url.href}`)
  }
  return url.href
}

/** Beside the compiled code in the package; in docs/ where the sources run as they are. */
function pagePath(): string {
  const shipped = join(__dirname, '../play.html')
  return existsSync(shipped) ? shipped : join(__dirname, '../../docs/play/index.html')
}

function hashOf(params: PageParams): string {
  const words = pageKeys.flatMap((key) => {
    const value: unknown = params[key]
    if (value === undefined) return []
    const plain = ['string', 'number', 'bigint', 'boolean'].includes(typeof value)
    if (!plain && !Array.isArray(value)) {
      invalid('ERR_INVALID_ARG_TYPE', `params.${key}`, 'text, a number or a boolean', value)
    }
    return [`${key}=${encodeURIComponent(String(value)).replaceAll('%2C', ',')}`]
  })
  return words.join('&')
}

/** Whether a browser was asked for and did not refuse. */
async function show(url: URL): Promise<boolean> {
  try {
    const { default: open } = await import('open')
    const launcher = await open(await launchable(url))
    if (launcher.exitCode !== null) return launcher.exitCode === 0
    // A launcher ends at once, or is the browser itself, which goes on.
    const ended = new Promise<boolean>((resolve) => {
      launcher.once('error', () => resolve(false))
      launcher.once('exit', (code) => resolve(code === 0))
    })
    const waiting = new AbortController()
    const { signal } = waiting
    const patience = setTimeout(PATIENCE, true, { signal }).catch(() => true)
    return await Promise.race([ended, patience]).finally(() => waiting.abort())
  } catch {
    return false
  }
}

/**
 * Windows and macOS take a file's URL for its path and lose what follows the #. There a page of one
 * line leads to it. Not on Linux, where browsers in a sandbox of their own do not see the folder for
 * temporary files.
 */
async function launchable(url: URL): Promise<string> {
  if (url.hash === '' || process.platform === 'linux') return url.href
  const file = join(await mkdtemp(join(tmpdir(), 'gridmask-')), 'play.html')
  const target = JSON.stringify(url.href).replaceAll('<', '\\u003c')
  await writeFile(
    file,
    `<!doctype html><meta charset="utf-8"><script>location = ${target}</script>`,
  )
  return pathToFileURL(file).href
}
