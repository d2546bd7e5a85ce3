/** The code blocks of the documentation, as the test of them and nothing else reads them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as baselines from '../../lib/baselines/index'
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
  'docs/site/index.md',
  ...readdirSync(join(root, 'docs'))
    .map((name) => `docs/${name}`)
    .filter((page) => page.endsWith('.md'))
    .sort(),
]

export const examplePages = readdirSync(join(root, 'examples'))
  .map((name) => `examples/${name}/README.md`)
  .filter((page) => existsSync(join(root, page)))

export function blocksOf(page: string): Block[] {
  return blocksIn(page, readFileSync(join(root, page), 'utf8').split('\n'))
}

function blocksIn(page: string, lines: readonly string[]): Block[] {
  const blocks: Block[] = []
  let open: Block | undefined
  for (const [i, line] of lines.entries()) {
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
 * A page's blocks of TypeScript as modules. One without imports continues those before it; where
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

/** Every value that the package exports. */
export const values: Record<string, unknown> = { ...gridmask, ...baselines }

/** Imports of all that the package exports, types too. */
function importsOfAll(): string {
  const entries = [
    { from: 'gridmask', names: Object.keys(gridmask), file: 'lib/index.mts' },
    { from: 'gridmask/baselines', names: Object.keys(baselines), file: 'lib/baselines/index.mts' },
  ]
  const imports = entries.map(({ from, names, file }) => {
    const [, types] = /export type \{([^}]*)\}/.exec(readFileSync(join(root, file), 'utf8')) ?? []
    return `import { ${names.join(', ')} } from '${from}'\nimport type {${types}} from '${from}'\n`
  })
  return imports.join('')
}

/** The examples of docstrings, which may use every name of the package. */
export function examples(): { block: Block; code: string }[] {
  const imports = importsOfAll()
  return readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .flatMap((path) => {
      const lines = readFileSync(join(root, 'lib', path), 'utf8').split('\n')
      const docs = lines.map((line) => /^ +\*(?: (.*))?$/.exec(line)?.[1] ?? '')
      return blocksIn(`lib/${path}`, docs)
    })
    .map((block) => ({ block, code: `${imports}${block.code}` }))
}

/** What a block says that it prints: the comment after, or below, each call of console.log(). */
export function promisedOutput(code: string): string[] {
  const promises = code.matchAll(/^ *console\.log\(.*\)\s+\/\/ (.*)$/gm)
  return [...promises].map(([, text]) => text as string)
}
