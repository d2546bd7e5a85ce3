// The documentation's code: TypeScript compiles against the built package; blocks marked `run` are
// run, and print what they say; blocks marked with a file's name match that file.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { transformSync } from '@swc/core'
import { runNode } from '../process'
import { blocksOf, examplePages, examples, modulesOf, pages, promisedOutput, root } from './blocks'

// Within the package, so that its own name is found; build/ is in no other project.
const folder = join(root, 'build/docs-code')
const modules = pages.flatMap(modulesOf)
const nameOf = (page: string, line: number) =>
  `${page.replace(/^docs\/|\.\w+$/g, '').replaceAll('/', '-')}-${line}`

const run = (...args: string[]) => runNode(args)

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
})

function compile(files: Record<string, string>): string {
  for (const [name, code] of Object.entries(files)) {
    // A module, whether or not it imports anything, so that names of one block stay its own.
    writeFileSync(join(folder, `${name}.mts`), `${code}\nexport {}\n`)
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.json',
      files: ['../../test/docs/globals.d.ts', ...Object.keys(files).map((name) => `${name}.mts`)],
      include: [],
    }),
  )
  const { stdout, stderr } = run('node_modules/typescript/bin/tsc', '-p', folder)
  return stdout + stderr
}

test('all TypeScript compiles', () => {
  expect(modules.length).toBeGreaterThan(5)
  const all = [...modules, ...examples()]
  const files = all.map(({ block: { page, line }, code }) => [nameOf(page, line), code])
  expect(compile(Object.fromEntries(files))).toBe('')
}, 60_000)

test('wrong code does not compile', () => {
  const output = compile({
    option: "import { GridMask } from 'gridmask'\nnew GridMask({ ratio: 0.6, units: 96 })",
    name: "import { GridMusk } from 'gridmask'\nGridMusk",
  })
  expect(output).toMatch(/option\.mts.*'units' does not exist/)
  expect(output).toMatch(/name\.mts.*'GridMusk'/)
}, 60_000)

const runnable = modules.filter(({ block }) => block.mark === 'run')
describe('runs and prints what it says', () => {
  test.each(runnable.map(({ block, code }) => ({ page: block.page, line: block.line, code })))(
    '$page, line $line',
    ({ page, line, code }) => {
      const file = join(folder, `${nameOf(page, line)}-run.mjs`)
      const syntax = { parser: { syntax: 'typescript' }, target: 'es2022' } as const
      writeFileSync(file, transformSync(code, { jsc: syntax, module: { type: 'es6' } }).code)
      const { status, stdout, stderr } = run(file)
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      const promised = promisedOutput(code)
      expect(stdout.split('\n').slice(0, -1)).toEqual(promised)
    },
    60_000,
  )
})

// As a reader saves and runs them. What they print is the block that follows.
const plain = pages.flatMap((page) => {
  const blocks = blocksOf(page)
  return blocks.flatMap(({ language, mark, line, code }, i) =>
    language === 'js' && mark === 'run' ? [{ page, line, code, output: blocks[i + 1]?.code }] : [],
  )
})
describe('plain JavaScript runs as it stands, and prints the block that follows', () => {
  test('there is such a block in the README', () => {
    expect(plain.map(({ page }) => page)).toContain('README.md')
  })
  test.each(plain)('$page, line $line', ({ page, line, code, output }) => {
    const file = join(folder, `${nameOf(page, line)}-plain.mjs`)
    writeFileSync(file, code)
    // The reader's photos/.
    const result = runNode([file], { cwd: join(root, 'examples/demo') })
    expect(result).toMatchObject({ status: 0, stderr: '', stdout: output })
  })
})

const quoted = [...pages, ...examplePages]
  .flatMap(blocksOf)
  .filter(({ mark }) => /^[\w/-]+\.\w+$/.test(mark))
describe('matches the file', () => {
  test.each(quoted)('$page, line $line: $mark', ({ mark, code }) => {
    const file = readFileSync(join(root, mark), 'utf8')
    // As it stands there, or all of it moved to the left.
    const depths = [0, 2, 4].map((depth) => code.replace(/^(?=.)/gm, ' '.repeat(depth)))
    expect(depths.some((text) => file.includes(text))).toBe(true)
  })
})
