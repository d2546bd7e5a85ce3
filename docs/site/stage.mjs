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

/** Where a file of the repository is on the site, if it is a page there. */
const moved = new Map([
  ['docs/site/index.md', 'index.md'],
  ['README.md', 'index.md'],
  ['CONTRIBUTING.md', 'contributing.md'],
  ['CHANGELOG.md', 'changelog.md'],
])

const PICTURE = /\.(svg|png|jpg)$/

/** Languages as the highlighter calls them. @type {Record<string, string>} */
const languages = { '.mjs': 'js', '.cjs': 'js', '.cc': 'cpp', '.h': 'cpp', '.cu': 'cpp' }

/** A block of code, which stays as it is, or the two halves of a link and where it leads to. */
const CODE_OR_LINK = /^(`{3,})[\s\S]*?^\1|(!?\[[^\]]*\]\()([^)\s]+)(\))/gm

/**
 * @param {string} root the repository's folder
 * @param {string} out a folder for the pages
 * @param {string} base the path that the site will be served under, with a slash at both ends
 */
export function stagePages(root, out, base) {
  const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
  const waiting = [
    ...guides.map((name) => `docs/${name}`),
    'docs/site/index.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'examples/fashion-mnist/README.md',
  ]
  const seen = new Set(waiting)
  for (const file of waiting) {
    const page = pageOf(file)
    const text = textOf(join(root, file), file)
    const linked = text.replaceAll(CODE_OR_LINK, (whole, _, open, target, close) => {
      if (open === undefined || /^(\w+:|#)/.test(target)) return whole
      const [path, anchor] = target.split('#')
      const wanted = posix.join(posix.dirname(file), path).replace(/\/$/, '')
      if (!existsSync(join(root, wanted))) throw new Error(`${file} links to ${target}: not there`)
      if (wanted === 'docs/play/index.html')
        return `${open}${base}play/index.html${close}{target="_self"}`
      if (PICTURE.test(wanted)) {
        const picture = pageOf(wanted)
        if (open.startsWith('!')) {
          copy(join(root, wanted), join(out, picture))
          return `${open}${relative(page, picture)}${close}`
        }
        copy(join(root, wanted), join(out, 'public', picture))
        return `${open}${base}${picture}${close}{target="_self"}`
      }
      if (wanted !== 'README.md' && !seen.has(wanted)) {
        seen.add(wanted)
        waiting.push(wanted)
      }
      const hash = anchor === undefined || wanted === 'README.md' ? '' : `#${anchor}`
      return `${open}/${pageOf(wanted)}${hash}${close}`
    })
    mkdirSync(dirname(join(out, page)), { recursive: true })
    writeFileSync(join(out, page), linked)
  }
  copy(join(root, 'docs/play/index.html'), join(out, 'public/play/index.html'))
}

/** @param {string} file */
function pageOf(file) {
  const page = moved.get(file) ?? file.replace(/^docs\//, '')
  if (PICTURE.test(page)) return page
  return page.endsWith('.md') ? page.replace(/\/README\.md$/, '.md') : `source/${page}.md`
}

/** A page's text: of Markdown itself; of code a listing; of a folder a list. @param {string} path @param {string} file */
function textOf(path, file) {
  if (statSync(path).isDirectory()) {
    const names = readdirSync(path).filter((name) => /\.(mjs|ts|md)$/.test(name))
    const links = names.map((name) => `- [${name}](${basename(file)}/${name})`)
    return `# ${file}\n\n${links.join('\n')}\n`
  }
  const text = readFileSync(path, 'utf8')
  if (file.endsWith('.md')) return text
  const language = languages[extname(file)] ?? extname(file).slice(1)
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
