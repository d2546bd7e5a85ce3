// The pictures and the table of docs/choosing.md are what the script makes today.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { outputOf, root, temporaryFolder } from '../process'

const folder = temporaryFolder('choosing')

test('examples/choosing.mjs draws the pictures and prints the table', () => {
  const table = outputOf(['examples/choosing.mjs', folder])
  expect(readFileSync(join(root, 'docs/choosing.md'), 'utf8')).toContain(table)
  const pictures = readdirSync(folder)
  expect(pictures).toHaveLength(5)
  for (const name of pictures) {
    const committed = readFileSync(join(root, 'docs/images', name), 'utf8')
    expect(readFileSync(join(folder, name), 'utf8')).toBe(committed)
  }
}, 60_000)
