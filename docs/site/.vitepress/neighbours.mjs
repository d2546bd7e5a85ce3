import { readFileSync } from 'node:fs'
import { background, guides } from '../contents.mjs'

// Each page once: VitePress would go from a page to what follows its first place in the menu, but some pages
// are in the menu several times. A place as a whole page counts before that of one of its headings.
const links = [...guides, ...background].flatMap(({ items }) => items.map(({ link }) => link))
const own = new Set(links.filter((link) => !link.includes('#')))
const places = links.filter((link) => own.has(link) || !own.has(link.replace(/#.*/, '')))
const order = [...new Set(places.map((link) => link.replace(/#.*/, '')))]

/** @param {string} link */
function entryOf(link) {
  const text = readFileSync(new URL(`../pages${link}.md`, import.meta.url), 'utf8')
  return { link, text: /^# (.*)$/m.exec(text)?.[1] ?? link }
}

/**
 * The pages before and after a guide, under their own headings.
 *
 * @param {string} link
 */
export function neighboursOf(link) {
  const at = order.indexOf(link)
  if (at === -1) return {}
  const [before, after] = [order[at - 1], order[at + 1]]
  return {
    prev: before === undefined ? false : entryOf(before),
    next: after === undefined ? false : entryOf(after),
  }
}
