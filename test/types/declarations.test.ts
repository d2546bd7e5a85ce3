// The oldest TypeScript that the declarations are for is 5.2, which `npm run test:runtimes` tries; what a
// newer one writes into them by itself, and that one cannot read, shows here.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const dist = join(__dirname, '../../dist')
const declarations = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.d\.m?ts$/.test(file),
)

const linesWith = (pattern: RegExp) =>
  declarations.flatMap((file) =>
    readFileSync(join(dist, file), 'utf8')
      .split('\n')
      .filter((line) => pattern.test(line) && !/^\s*(\*|\/\/)/.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  )

test('typed arrays have no parameter: it came with TypeScript 5.7', () => {
  expect(declarations.length).toBeGreaterThan(50)
  expect(
    linesWith(/(Float|Int|Uint|Clamped)\d*(Clamped)?Array<|SharedArrayBuffer<|Buffer</),
  ).toEqual([])
})

test('optional properties that are given may be undefined, for exactOptionalPropertyTypes', () => {
  const folders = /^(api|arrays|baselines|plan|execution\/(requests|device-tensor|tensor-batch))\b/
  const bare = linesWith(/^\s+(readonly )?\w+\?: (?!.*\| undefined;)/)
  expect(bare.filter((line) => folders.test(line))).toEqual([])
})
