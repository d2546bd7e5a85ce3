// Links within the repository lead somewhere, to headings too.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test } from '@jest/globals'
import { examplePages, pages, root } from './blocks'

const all = [...pages, 'CONTRIBUTING.md', 'CHANGELOG.md', ...examplePages]

/** GitHub's name for a heading: words with hyphens between them. */
function anchorOf(heading: string): string {
  const words = heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '')
  return words.trim().replaceAll(' ', '-')
}

function anchorsOf(file: string): string[] {
  const headings = readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)
  return Array.from(headings, ([, heading]) => anchorOf(heading as string))
}

test.each(all)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '')
  const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => target as string)
  const lost = targets.filter((target) => {
    if (/^https?:/.test(target)) return false
    const [path, anchor] = target.split('#') as [string, string | undefined]
    const file = path === '' ? join(root, page) : join(root, dirname(page), path)
    if (!existsSync(file)) return true
    return anchor !== undefined && statSync(file).isFile() && !anchorsOf(file).includes(anchor)
  })
  expect(lost).toEqual([])
})

/** Made by a build, and shipped. */
const generated = ['native/cuda/fatbin.inc']

// Files are named in code, so that no link would show that they have moved.
test.each(all)('%s names files that exist', (page) => {
  const text = readFileSync(join(root, page), 'utf8')
  const named = text.matchAll(/(?<![\w/.-])(?:lib|native|test|bench|examples|docs)\/[\w./-]+\.\w+/g)
  const lost = Array.from(named, ([path]) => path).filter(
    (path) => !existsSync(join(root, path)) && !generated.includes(path),
  )
  expect(lost).toEqual([])
})

test('docs/internals.md names files that exist, whichever folder is meant', () => {
  const text = readFileSync(join(root, 'docs/internals.md'), 'utf8')
  const named = Array.from(
    text.matchAll(/`([\w-]+\.(?:ts|h|cc|inc))`/g),
    ([, name]) => name as string,
  )
  const files = ['lib', 'native'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((f) => basename(f)),
  )
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter((name) => !files.includes(name))).toEqual([])
})
