// lib/'s folders are layers: an import, even of a type, goes to the same layer or to a lower one, and no
// file imports itself through others.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from '@jest/globals'

const lib = join(__dirname, '../../lib')

/** From the highest down. Folders of one floor do not import one another. */
const floors = [
  ['', 'cli'],
  ['figure5'],
  ['baselines'],
  ['api'],
  ['execution'],
  ['backend'],
  ['fallback'],
  ['arrays'],
  ['plan'],
  ['core'],
]

const files = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /\.m?ts$/.test(file))

const folderOf = (file: string) => (file.includes('/') ? file.slice(0, file.indexOf('/')) : '')
const floorOf = (file: string) => floors.findIndex((floor) => floor.includes(folderOf(file)))

const arrows = files.flatMap((file) => {
  const text = readFileSync(join(lib, file), 'utf8')
  const imports = text.matchAll(/(?:\bfrom|\bimport\(|\brequire\()\s*'(\.[^']+)(?<!\.json)'/g)
  return Array.from(imports, ([, path]) => ({
    from: file,
    to: relative(lib, join(lib, dirname(file), path as string)).replaceAll('\\', '/'),
  }))
})

test('every folder has its layer', () => {
  expect([...new Set(files.map(folderOf))].sort()).toEqual(floors.flat().sort())
})

test('no import goes up', () => {
  expect(arrows.length).toBeGreaterThan(300)
  const up = arrows.filter(
    ({ from, to }) => folderOf(from) !== folderOf(to) && floorOf(from) >= floorOf(to),
  )
  expect(up.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
})

test('no import goes in a circle', () => {
  const module = (path: string) => path.replace(/\.(m?js|ts)$/, '')
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]): void => {
    expect(way.includes(file) ? [...way, file].join(' → ') : '').toBe('')
    if (done.has(file)) return
    done.add(file)
    for (const { from, to } of arrows) if (module(from) === file) visit(module(to), [...way, file])
  }
  for (const file of files) visit(module(file), [])
})
