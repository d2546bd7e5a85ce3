// The site's files: links lead somewhere, to headings too, and nothing comes from another host.
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect, test } from '@jest/globals'
import { root } from '../process'
import { base, files, pages, site } from './server'

const textOf = new Map(pages.map((page) => [page, readFileSync(join(site, page), 'utf8')]))
const idsOf = new Map(
  Array.from(textOf, ([page, html]) => [
    page,
    new Set(Array.from(html.matchAll(/\sid="([^"]*)"/g), ([, id]) => unescaped(id as string))),
  ]),
)

function unescaped(text: string): string {
  return text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'")
}

/** What an element of a page refers to, by one of its attributes. */
function* references(html: string) {
  for (const [element] of html.matchAll(/<(?:a|link|script|img|source)\s[^>]*>/g)) {
    const [, target] = /\s(?:href|src)="([^"]*)"/.exec(element) ?? []
    if (target !== undefined) yield { element, target: unescaped(target) }
  }
}

test('there are guides, the reference and the interactive page', () => {
  const some = ['index', 'getting-started', 'paper', 'reference/index', 'reference/GridMask']
  for (const page of [...some, 'play/index']) expect(pages).toContain(`${page}.html`)
})

test('every guide of docs/ is in the menu', () => {
  const menu = new Set(
    Array.from(
      references(textOf.get('paper.html') as string),
      ({ target }) => target.split('#')[0],
    ),
  )
  const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
  const missing = guides.filter((name) => !menu.has(`${base}${name.replace('.md', '.html')}`))
  expect(missing).toEqual([])
})

test('the guides follow one another, each once', () => {
  const read: string[] = []
  let page: string | undefined = 'getting-started.html'
  while (page !== undefined && !read.includes(page)) {
    read.push(page)
    const html = textOf.get(page) as string
    const next = [...references(html)].find(({ element }) => /pager-link next/.test(element))
    page = next?.target.slice(base.length)
  }
  expect(page).toBeUndefined()
  const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
  // These two are in the menu of the reference.
  const own = guides.filter((name) => name !== 'api.md' && name !== 'cli.md')
  expect(read).toEqual(expect.arrayContaining(own.map((name) => name.replace('.md', '.html'))))
})

test('a page is called by its heading, not by its file', () => {
  const called = pages.filter((page) => /<a [^>]*>[\w-]+\.md</.test(textOf.get(page) as string))
  expect(called).toEqual([])
})

/** The file that a page refers to by a path; undefined outside of the site. */
function fileOf(page: string, path: string): string | undefined {
  if (path === '') return page
  const absolute = posix.resolve(`${base}${page}`, '..', path) + (path.endsWith('/') ? '/' : '')
  if (!absolute.startsWith(base)) return undefined
  return absolute.slice(base.length).replace(/(^|\/)$/, '$1index.html')
}

test.each(pages)('%s: links lead somewhere', (page) => {
  const lost: string[] = []
  for (const { element, target } of references(textOf.get(page) as string)) {
    if (/^(https?|data|mailto):/.test(target)) continue
    const [path = '', anchor = ''] = target.split('#')
    const file = fileOf(page, path) ?? ''
    const id = decodeURIComponent(anchor)
    const ids = idsOf.get(file)
    const fits = element.includes('VPSkipLink') || id === '' || !ids || ids.has(id)
    if (!files.includes(file) || !fits) lost.push(target)
  }
  expect(lost).toEqual([])
})

test.each(pages)('%s: nothing is loaded from another host', (page) => {
  const loaded = [...references(textOf.get(page) as string)].filter(
    ({ element, target }) => !element.startsWith('<a') && /^(https?:)?\/\//.test(target),
  )
  expect(loaded).toEqual([])
})

test('style sheets load nothing from another host', () => {
  const sheets = files.filter((file) => file.endsWith('.css'))
  expect(sheets).not.toEqual([])
  for (const sheet of sheets) {
    expect(readFileSync(join(site, sheet), 'utf8')).not.toMatch(/(?:url\(|@import\s*)["']?https?:/)
  }
})
