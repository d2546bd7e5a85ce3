// `gridmask preview --open`, on a machine without a browser.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { expectComplaint, gridmask } from './support'

// Without a PATH there is no launcher either.
const settings = { env: { PATH: '' } }

test('names the page, at the settings given, and needs no photograph', () => {
  const args = ['preview', '--open', '--preset', 'coco', '--unit', '96', '--seed', '7', '--json']
  const { status, stdout } = gridmask(args, settings)
  const { page } = JSON.parse(stdout)
  const { pathname, hash } = new URL(page)
  expect(status).toBe(0)
  expect(existsSync(fileURLToPath(`file://${pathname}`))).toBe(true)
  expect(Object.fromEntries(new URLSearchParams(hash.slice(1)))).toEqual({
    preset: 'coco',
    seed: '7',
    d: '96',
  })
})

test('says what the page has no control for, and leaves it out', () => {
  const args = ['preview', '--open', '--ratio', '0.5', '--unit', '96:224', '--fill', '9', '--json']
  const { stdout, stderr } = gridmask(args, settings)
  expect(new URL(JSON.parse(stdout).page).hash).toBe('#ratio=0.5&seed=0')
  expect(stderr).toMatch(
    /^gridmask: the page shows one mask at a time, so it ignores --unit 96:224, --fill$/m,
  )
})

test.each([
  [['--fill', '0'], '#fill=black&seed=0'],
  [['--fill', '124,116,104'], '#seed=0'],
])('%j is passed on', (args, hash) => {
  const { stdout, stderr } = gridmask(['preview', '--open', ...args, '--json'], settings)
  expect(new URL(JSON.parse(stdout).page).hash).toBe(hash)
  expect(stderr).not.toMatch(/ignores/)
})

test.each([
  [['--ratio', '60'], /`ratio` .* but received 60/],
  [['--ratio', '0.8:0.4'], /`ratio` .* but received \[0\.8, 0\.4\]/],
  [['--unit', '0'], /`unit` .* but received 0/],
  [['--epoch', '-1'], /`epoch` .* but received -1/],
  [['--unit-probability', '2'], /`unitProbability` .* but received 2/],
])('%j is refused as without --open, and no page is shown', (args, message) => {
  expectComplaint(['preview', '--open', ...args], 1, message, settings)
})
