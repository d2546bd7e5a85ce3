// GRIDMASK_INSTRUCTIONS: the instruction set of the CPU's loops. That each gives the same bits is checked
// by the tests that compare the backends (test/fallback), which go through all of them, and by the suites
// that are run again here.
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { native } from '../../lib/backend/native'
import { withEachInstructionSet } from '../fallback/support'
import { outputOf, root, runNode } from '../process'

const sets = native.instructionSets()
const tell = "console.log(require('./dist').devices()[0].instructionSet)"

function used(name: string): string {
  return outputOf(['-e', tell], { env: { GRIDMASK_INSTRUCTIONS: name } }).trim()
}

describe('the instruction sets', () => {
  test('begin with the baseline, and end with the one that is used', () => {
    expect(sets[0]).toBe('baseline')
    expect(['baseline', 'avx2', 'avx512'].slice(0, sets.length)).toEqual(sets)
    expect(used('')).toBe(sets.at(-1))
  })

  test.each(sets)('%s can be chosen', (name) => {
    expect(used(name)).toBe(name)
  })

  test('each is used from the next call on', () => {
    const before = native.instructionSet()
    const seen: string[] = []
    withEachInstructionSet(() => seen.push(native.instructionSet()))
    expect(seen).toEqual(sets)
    expect(native.instructionSet()).toBe(before)
  })

  // Of one that exists but that this processor lacks, nothing else is said.
  test.each(['avx9', 'AVX2', 'none', ' avx2'])('%p is refused', (name) => {
    const script = `
      try { require('./dist') } catch ({ name, code, message }) {
        console.log(JSON.stringify({ name, code, message }))
      }`
    const { stdout } = runNode(['-e', script], { env: { GRIDMASK_INSTRUCTIONS: name } })
    const known = sets.map((set) => `'${set}'`).join(', ')
    const expected = sets.length === 1 ? `${known} on this processor` : `one of ${known}`
    expect(JSON.parse(stdout)).toEqual({
      name: 'GridMaskError',
      code: 'ERR_INVALID_ARG_VALUE',
      message: `Expected \`GRIDMASK_INSTRUCTIONS\` to be ${expected}, but received '${name}'`,
    })
    expect(native.useInstructions(name)).not.toBe(0)
  })

  // The best one is what they are run with anyway.
  test.each(sets.slice(0, -1))(
    'every pixel is right with %s',
    (name) => {
      const suites = ['masks/pixels', 'gridmix/pixels', 'noise/backends', 'preprocessor/oracle']
      const args = ['-w', '1', ...suites.map((suite) => join('test', `${suite}.test.ts`))]
      const jest = join(root, 'node_modules/jest/bin/jest.js')
      const env = { GRIDMASK_INSTRUCTIONS: name, NODE_NO_WARNINGS: '1' }
      const { status, stderr } = runNode(['--expose-gc', jest, ...args], { env })
      expect(stderr).toContain(`Test Suites: ${suites.length} passed, ${suites.length} total`)
      expect(status).toBe(0)
    },
    60_000,
  )
})
