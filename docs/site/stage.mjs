// Copies the guides, and what they link to, to where VitePress reads pages from. Links in the
// repository lead to files; here they lead to pages.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, extname, join, posix } from 'node:path'

/** Where a file of the repository is on the site, if not under its own name. */
const moved = new Map([
  ['docs/site/index.md', 'index.md'],
  ['README.md', 'index.md'],
  ['CONTRIBUTING.md', 'contributing.md'],
  ['CHANGELOG.md', 'changelog.md'],
])

const PLAY = 'docs/play/index.html'
const PICTURE = /\.(svg|png|jpg)$/

/** Code that is shown as a page, by the end of its name, and the highlighter's name for it. */
const languages = new Map([
  ['.cc', 'cpp'],
  ['.cjs', 'js'],
  ['.cu', 'cpp'],
  ['.h', 'cpp'],
  ['.json', 'json'],
  ['.mjs', 'js'],
  ['.py', 'python'],
  ['.sh', 'sh'],
  ['.ts', 'ts'],
])

/** A block of code, which stays as it is; or the two halves of a link, and its target. */
const CODE_OR_LINK = /^(`{3,})[\s\S]*?^\1|(!?\[[^\]]*\]\()([^)\s]+)(\))/gm

/**
 * @param {string} root the repository's folder
 * @param {string} out a folder for the pages
 * @param {string} base the path that the site will be served under, with a slash at both ends
 */
export function stagePages(root, out, base) {
  const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
  /** Files that become pages; the list grows while they are read. */
  const files = new Set([
    'docs/site/index.md',
    ...guides.map((name) => `docs/${name}`),
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'examples/fashion-mnist/README.md',
  ])

  /**
   * What a page writes to link to a file, picture or folder of the repository.
   *
   * @param {string} from the page's own file
   * @param {string} target as written there
   * @param {boolean} shown a picture on the page
   * @returns {[address: string, attributes?: string]}
   */
  const link = (from, target, shown) => {
    const [path = '', anchor] = target.split('#')
    const file = posix.join(posix.dirname(from), path).replace(/\/$/, '')
    if (!existsSync(join(root, file))) throw new Error(`${from} links to ${target}: not there`)
    const page = pageOf(file)
    // VitePress treats a link as one to its own pages unless it has a target attribute.
    if (file === PLAY) return [`${base}${page}`, '{target="_self"}']
    if (PICTURE.test(file)) {
      copy(join(root, file), join(out, shown ? page : `public/${page}`))
      return shown ? [relative(pageOf(from), page)] : [`${base}${page}`, '{target="_self"}']
    }
    if (file === 'README.md') return [`/${page}`]
    files.add(file)
    return [anchor === undefined ? `/${page}` : `/${page}#${anchor}`]
  }

  for (const file of files) {
    const text = textOf(join(root, file), file).replaceAll(
      CODE_OR_LINK,
      (whole, _fence, open, target, close) => {
        if (open === undefined || /^(\w+:|#)/.test(target)) return whole
        const [address, attributes = ''] = link(file, target, open.startsWith('!'))
        return `${labelOf(root, file, open, target)}${address}${close}${attributes}`
      },
    )
    const page = join(out, pageOf(file))
    mkdirSync(dirname(page), { recursive: true })
    writeFileSync(page, text)
  }
  copy(join(root, PLAY), join(out, 'public', pageOf(PLAY)))
}

/**
 * A link's first half. In the repository a page may be called by its file, on the site by its heading.
 *
 * @param {string} root @param {string} from @param {string} open @param {string} target
 */
function labelOf(root, from, open, target) {
  const file = /\[[\w-]+\.md\]\($/
  if (!file.test(open)) return open
  const text = readFileSync(join(root, dirname(from), target.replace(/#.*/, '')), 'utf8')
  const [, heading] = /^# (.*)$/m.exec(text) ?? []
  return heading === undefined ? open : open.replace(file, () => `[${heading}](`)
}

/** @param {string} file */
function pageOf(file) {
  const page = moved.get(file) ?? file.replace(/^docs\//, '')
  if (PICTURE.test(page) || file === PLAY) return page
  return page.endsWith('.md') ? page.replace(/\/README\.md$/, '.md') : `source/${page}.md`
}

/**
 * A page's text: Markdown as it is, code as a listing, a folder as a list.
 *
 * @param {string} path
 * @param {string} file the same, from the repository's folder
 */
function textOf(path, file) {
  if (statSync(path).isDirectory()) {
    const names = readdirSync(path).filter((name) => languages.has(extname(name)))
    const links = names.map((name) => `- [${name}](${basename(file)}/${name})`)
    return `# ${file}\n\n${links.join('\n')}\n`
  }
  const text = readFileSync(path, 'utf8')
  if (file.endsWith('.md')) return text
  const language = languages.get(extname(file)) ?? 'txt'
  return `# ${basename(file)}\n\n\`${file}\`\n\n\`\`\`\`${language}\n${text}\`\`\`\`\n`
}

/** @param {string} from @param {string} to pages */
function relative(from, to) {
  const path = posix.relative(posix.dirname(from), to)
  return path.startsWith('.') ? path : `./${path}`
}

/** @param {string} from @param {string} to */
function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to)
}
