/** Opens the interactive page, docs/play/, with parameters. */
import { existsSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

/**
 * What the page shows at first: the options and parameters that both `gridmask preview` and the page
 * have. With `d` the mask is set by hand, otherwise it is drawn.
 */
export interface PageParams {
  preset?: string | undefined
  seed?: bigint | undefined
  epoch?: number | undefined
  ratio?: number | undefined
  reverse?: boolean | undefined
  unitProbability?: number | undefined
  d?: number | undefined
  /** The page names its fills; the default is the mean colour. */
  fill?: 'black' | undefined
  height?: number | undefined
  width?: number | undefined
}

/** How long a launcher has to report a failure, milliseconds. */
const PATIENCE = 2000

/** The page's `file:` URL, parameters included. */
export function pageUrl(params: PageParams): URL {
  // In the package, beside the compiled code; in docs/ if the sources run as they are.
  const shipped = join(__dirname, '../play.html')
  const page = existsSync(shipped) ? shipped : join(__dirname, '../../docs/play/index.html')
  const url = pathToFileURL(page)
  const given = Object.entries(params).filter(([, value]) => value !== undefined)
  url.hash = given.map(([name, value]) => `${name}=${value}`).join('&')
  return url
}

/**
 * Opens the page in the user's browser and returns its URL. If no browser can be opened, it writes the URL
 * to standard error and throws nothing.
 */
export async function openPage(params: PageParams): Promise<string> {
  const url = pageUrl(params)
  if (!(await show(url))) console.error(`No browser could be opened. The page is ${url.href}`)
  return url.href
}

/** Whether a browser was started and did not fail. */
async function show(url: URL): Promise<boolean> {
  try {
    const { default: open } = await import('open')
    const launcher = await open(await launchable(url))
    if (launcher.exitCode !== null) return launcher.exitCode === 0
    // A launcher ends at once, or is the browser itself, which keeps running.
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
 * Windows and macOS turn a file URL into a path and lose what follows the #, so there a page of one line
 * leads to it. Not on Linux, where sandboxed browsers do not see the folder for temporary files.
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
