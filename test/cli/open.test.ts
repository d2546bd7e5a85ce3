// `gridmask preview --open`, where no browser is to be found.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { gridmask } from './support'

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

test('leaves out what the page has no control for: a range to draw from', () => {
  const { stdout } = gridmask(['preview', '--open', '--ratio', '0.4:0.6', '--json'], settings)
  expect(new URL(JSON.parse(stdout).page).hash).toBe('#seed=0')
})
