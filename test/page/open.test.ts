// How the page gets onto the screen: built, shipped, opened by the system's own means.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, jest, test } from '@jest/globals'
import { openPage } from '../../lib/cli/open-page'
import { root, temporaryFolder } from '../process'
import { hasBrowser, launch, load, openTab } from './browser'

jest.setTimeout(120_000)

const shipped = join(root, 'dist/play.html')
const folder = temporaryFolder('page')

const params = { preset: 'imagenet', seed: 2n ** 63n, epoch: 299, ratio: 0.5 } as const
const hash = '#preset=imagenet&seed=9223372036854775808&epoch=299&ratio=0.5'

test('docs/play/index.html is what its sources make, and small', () => {
  execFileSync(process.execPath, [join(root, 'docs/play/build.mjs'), '--check'])
  const page = join(root, 'docs/play/index.html')
  expect(statSync(page).size).toBeLessThan(150_000)
  expect(readFileSync(shipped).equals(readFileSync(page))).toBe(true)
})

test('openPage() knows where the page is, and puts the parameters into its address', async () => {
  const url = await openPage({ open: false, params: { ...params, unitKey: [1, 2] } })
  expect(new URL(url).hash).toBe(
    '#preset=imagenet&seed=9223372036854775808&epoch=299&ratio=0.5&unitKey=1,2',
  )
  expect(existsSync(fileURLToPath(url.replace(/#.*/, '')))).toBe(true)
  expect(await openPage({ open: false })).not.toContain('#')
})

test.each([
  [{ opens: true }, 'ERR_INVALID_ARG_VALUE', /Unknown property `opens` in `options`/],
  [{ open: 1 }, 'ERR_INVALID_ARG_TYPE', /Expected `open` to be a boolean/],
  [{ params: { unit: 96 } }, 'ERR_INVALID_ARG_VALUE', /Unknown property `unit` in `params`/],
  [{ params: { d: {} } }, 'ERR_INVALID_ARG_TYPE', /Expected `params.d` to be text, a number/],
])('openPage(%j) is refused', async (options, code, message) => {
  const opening = openPage(options as Parameters<typeof openPage>[0])
  await expect(opening).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
})

/** What a program that opens the page writes, with an environment and on a platform of ours. */
function opened(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const program = `
    Object.defineProperty(process, 'platform', { value: '${platform}' })
    const params = { preset: 'imagenet', seed: 2n ** 63n, epoch: 299, ratio: 0.5 }
    require('${join(root, 'dist/cli/open-page.js')}').openPage({ params }).then(console.log)`
  return execFileSync('/bin/sh', ['-c', '"$0" "$@" 2>&1', process.execPath, '-e', program], {
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

onLinux('the user’s browser is given the address', () => {
  const { program, record } = recorder('browser')
  const url = pathToFileURL(shipped).href + hash
  expect(opened({ BROWSER: program })).toBe(`${url}\n`)
  expect(readFileSync(record, 'utf8')).toBe(url)
})

onLinux('where there is no browser, the address is told, and nothing fails', () => {
  const url = pathToFileURL(shipped).href + hash
  const failing = join(folder, 'failing')
  writeFileSync(failing, '#!/bin/sh\nexit 3\n', { mode: 0o755 })
  const told = opened({ BROWSER: failing })
  expect(told).toBe(`No browser could be opened. The page is ${url}\n${url}\n`)
})

const inBrowser = process.platform === 'linux' && hasBrowser ? test : test.skip

inBrowser('where systems lose parameters, a page leads to the page', async () => {
  const { record } = recorder('open')
  const told = opened({ PATH: `${folder}:${process.env.PATH}` }, 'darwin')
  expect(told).toBe(`${pathToFileURL(shipped).href}${hash}\n`)
  const lead = readFileSync(record, 'utf8')
  expect(lead).not.toContain('#')

  const browser = await launch()
  try {
    const { page, faults } = await openTab(browser)
    await load(page, lead)
    const call = await page.textContent('#call')
    expect(call).toContain('{ ...presets.imagenet, ratio: 0.5, seed: 9223372036854775808n }')
    expect(call).toContain(`epoch: ${params.epoch},`)
    expect(faults).toEqual([])
  } finally {
    await browser.close()
    rmSync(dirname(fileURLToPath(lead)), { recursive: true })
  }
})
