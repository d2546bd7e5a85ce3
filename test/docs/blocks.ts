/** The code blocks of the documentation, as the test of them and nothing else reads them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as gridmask from '../../lib/index'

export const root = join(__dirname, '../..')

export interface Block {
  page: string
  /** The line of its first line of code, from 1. */
  line: number
  language: string
  /** What stands after the language: `run`, or the file that the block is quoted from. */
  mark: string
  code: string
}

export const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .map((name) => `docs/${name}`)
    .filter((page) => page.endsWith('.md'))
    .sort(),
]

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  let open: Block | undefined
  for (const [i, line] of readFileSync(join(root, page), 'utf8').split('\n').entries()) {
    const fence = /^```(\w*) ?(.*)$/.exec(line)
    if (fence === null) {
      if (open !== undefined) open.code += `${line}\n`
    } else if (open === undefined) {
      const [, language = '', mark = ''] = fence
      open = { page, line: i + 2, language, mark, code: '' }
    } else {
      blocks.push(open)
      open = undefined
    }
  }
  if (open !== undefined) throw new Error(`${page}: the code block of line ${open.line} has no end`)
  return blocks
}

const IMPORT = /^import [^']* from '.*'\n/gm

/**
 * A page's blocks of TypeScript as modules. One without imports goes on with those before it; where
 * there are none, it is an excerpt and may use every name of the package.
 */
export function modulesOf(page: string): { block: Block; code: string }[] {
  let imports = `import { ${Object.keys(gridmask).join(', ')} } from 'gridmask'\n`
  return blocksOf(page)
    .filter(({ language }) => language === 'ts')
    .map((block) => {
      const own = block.code.match(IMPORT)?.join('') ?? ''
      if (own !== '') imports = own
      return { block, code: own === '' ? `${imports}${block.code}` : block.code }
    })
}

/** What a block says that it prints: the comment after, or below, each call of console.log(). */
export function promisedOutput(code: string): string[] {
  const promises = code.matchAll(/^ *console\.log\(.*\)\s+\/\/ (.*)$/gm)
  return [...promises].map(([, text]) => text as string)
}
