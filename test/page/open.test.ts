// How the page gets onto the screen: built, shipped, opened by the system's own means.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, test } from '@jest/globals'
import { pageUrl } from '../../lib/cli/open-page'
import { main } from '../cli/support'
import { root, temporaryFolder } from '../process'
import { hasBrowser, launch, openTab } from './browser'
import { load } from './shown'

const shipped = join(root, 'dist/play.html')
const folder = temporaryFolder('page')

const params = { preset: 'imagenet', seed: 2n ** 63n, epoch: 299 } as const
const hash = '#preset=imagenet&seed=9223372036854775808&epoch=299'

test('docs/play/index.html is what its sources make, and small', () => {
  execFileSync(process.execPath, [join(root, 'docs/play/build.mjs'), '--check'])
  const page = join(root, 'docs/play/index.html')
  expect(statSync(page).size).toBeLessThan(150_000)
  expect(readFileSync(shipped).equals(readFileSync(page))).toBe(true)
})

test('the page is found, and the parameters are in its address', () => {
  const url = pageUrl(params)
  expect(url.hash).toBe(hash)
  expect(existsSync(fileURLToPath(url))).toBe(true)
  expect(pageUrl({}).href).not.toContain('#')
})

/** What the command writes that opens the page, with an environment and on a platform of ours. */
function opened(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const system = join(folder, `${platform}.cjs`)
  writeFileSync(system, `Object.defineProperty(process, 'platform', { value: '${platform}' })`)
  const settings = ['--preset', 'imagenet', '--seed', String(params.seed), '--epoch', '299']
  const command = ['--require', system, main, 'preview', '--open', ...settings]
  return execFileSync('/bin/sh', ['-c', '"$0" "$@" 2>&1', process.execPath, ...command], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '', ...env },
  })
}

/** A program that writes down what it is asked to open. */
function recorder(name: string): { program: string; record: string } {
  const [program, record] = [join(folder, name), join(folder, `${name}.txt`)]
  writeFileSync(program, `#!/bin/sh\nprintf %s "$1" > '${record}'\n`, { mode: 0o755 })
  return { program, record }
}

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('the system’s launcher is given the address', () => {
  const { record } = recorder('xdg-open')
  const url = pathToFileURL(shipped).href + hash
  expect(opened({ PATH: `${folder}:${process.env.PATH}` })).toBe(`the page: ${url}\n`)
  expect(readFileSync(record, 'utf8')).toBe(url)
})

onLinux('without a browser, the address is printed, and nothing fails', () => {
  const url = pathToFileURL(shipped).href + hash
  writeFileSync(join(folder, 'xdg-open'), '#!/bin/sh\nexit 3\n', { mode: 0o755 })
  for (const path of [`${folder}:${process.env.PATH}`, '/none']) {
    const told = opened({ PATH: path })
    expect(told).toBe(`No browser could be opened. The page is ${url}\nthe page: ${url}\n`)
  }
})

const inBrowser = process.platform === 'linux' && hasBrowser ? test : test.skip

inBrowser('where systems lose parameters, a page leads to the page', async () => {
  const { record } = recorder('open')
  const told = opened({ PATH: `${folder}:${process.env.PATH}` }, 'darwin')
  expect(told).toBe(`the page: ${pathToFileURL(shipped).href}${hash}\n`)
  const lead = readFileSync(record, 'utf8')
  expect(lead).not.toContain('#')

  const browser = await launch()
  try {
    const { page, faults } = await openTab(browser)
    await load(page, lead)
    const call = await page.textContent('#call')
    expect(call).toContain(
      '{ ...presets.imagenet, fill: [124, 116, 104], seed: 9223372036854775808n }',
    )
    expect(call).toContain(`epoch: ${params.epoch},`)
    expect(faults).toEqual([])
  } finally {
    await browser.close()
    rmSync(dirname(fileURLToPath(lead)), { recursive: true })
  }
})
