// Examples in docstrings that are marked `run` are run, and print what they say. snippets.test.ts checks
// that all of them compile.
import { Console } from 'node:console'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { transformSync } from '@swc/core'
import { GridMask, presets, type Schedule } from '../../lib/index'
import { examples, promisedOutput, root, values } from './blocks'

/** What a program prints that has every value of the package. */
function printed(code: string): string[] {
  const lines: string[] = []
  const sink = new Writable({
    write(chunk, _, done) {
      lines.push(...String(chunk).split('\n').slice(0, -1))
      done()
    },
  })
  const syntax = { parser: { syntax: 'typescript' }, target: 'es2022' } as const
  const program = transformSync(code, { jsc: syntax }).code
  const names = Object.keys(values)
  new Function('console', ...names, program)(new Console(sink), ...Object.values(values))
  return lines
}

const runnable = examples()
  .map(({ block }) => block)
  .filter(({ mark }) => mark === 'run')

test.each(runnable)('$page, line $line', ({ code }) => {
  const promised = promisedOutput(code)
  expect(promised).not.toEqual([])
  expect(printed(code)).toEqual(promised)
})

test('the table of presets matches them', () => {
  const text = readFileSync(join(root, 'lib/api/presets.ts'), 'utf8')
  const rows = Array.from(text.matchAll(/^ \* \| `(\w+)` \|(.*)\|$/gm), ([, name, cells]) => {
    const [ratio, unit, rotate, probability] = (cells as string)
      .split('|')
      .map((cell) => cell.trim())
    return [name, { ratio: Number(ratio), unit, rotate: Number(rotate), probability }] as const
  })
  const probabilityOf = (schedule: Schedule) => {
    const last = schedule(1000)
    const epoch = Array.from({ length: 1000 }, (_, e) => e).find((e) => schedule(e) === last)
    return epoch === 0 ? String(last) : `grows to ${last} in epoch ${epoch}`
  }
  const expected = Object.entries(presets).map(
    ([name, { ratio, unit, rotate = 0, probability }]) => [
      name,
      {
        ratio,
        unit: Array.isArray(unit) ? `[${unit.join(', ')})` : '[2, shorter side)',
        rotate,
        probability: probabilityOf(probability as Schedule),
      },
    ],
  )
  expect(rows).toEqual(expected)
  expect(new GridMask(presets.coco).plan({ count: 1, height: 3, width: 9 }).at(0)?.d).toBe(2)
  const options = new Set(Object.values(presets).flatMap((preset) => Object.keys(preset)))
  expect([...options].sort()).toEqual(['probability', 'ratio', 'rotate', 'unit'])
})

test('every example is code of a known kind, in a block', () => {
  const kinds = new Set(examples().map(({ block: { language, mark } }) => `${language} ${mark}`))
  expect([...kinds].sort()).toEqual(['ts ', 'ts run'])
  for (const page of new Set(examples().map(({ block }) => block.page))) {
    const text = readFileSync(join(root, page), 'utf8')
    expect([page, text.match(/@example(?!\n +\* ```ts)/g)]).toEqual([page, null])
  }
})
