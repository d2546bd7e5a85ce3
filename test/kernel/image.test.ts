import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { kernelSources } from './sources'

const root = join(__dirname, '..', '..')

// One that is missing there would not bring about a new compilation.
test('the build knows all sources of the kernels', () => {
  const script = readFileSync(join(root, 'native/scripts/cuda-image.cmake'), 'utf8')
  const listed = /set\(KERNEL_SOURCES\s+([^)]*)\)/.exec(script)?.[1]
  expect(listed?.trim().split(/\s+/)).toEqual(kernelSources(root))
})
