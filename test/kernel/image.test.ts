// The list of what the kernels are compiled from, and the compiled kernels that are shipped.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const root = join(__dirname, '..', '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** A source and all of ours that it includes. */
function closure(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found
  found.add(path)
  for (const [, name] of read(path).matchAll(/^#include "(.+)"$/gm))
    closure(`native/${name}`, found)
  return found
}

const sources = [...closure('native/cuda/gridmask.cu')].sort()

test('the build knows all sources of the kernels', () => {
  const listed = /set\(KERNEL_SOURCES\s+([^)]*)\)/.exec(
    read('native/scripts/cuda-image.cmake'),
  )?.[1]
  expect(listed?.trim().split(/\s+/)).toEqual(sources)
})

// An older image would be launched with parameters that it does not know.
test.each(['build/cuda/image.inc', 'native/cuda/image.inc'])(
  '%s, if it is there, was compiled from these sources',
  (image) => {
    if (!existsSync(join(root, image))) return
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
    const hash = sha256(sources.map((source) => `${sha256(read(source))}\n`).join(''))
    expect(read(image).slice(0, 120)).toContain(`SHA-256 ${hash}\n`)
  },
)
