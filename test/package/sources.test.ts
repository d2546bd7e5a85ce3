// The addon's build is described twice: for cmake-js, which builds what is shipped, and for node-gyp, which
// builds on users' machines.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { root } from './consumer'

const cmake = readFileSync(join(root, 'CMakeLists.txt'), 'utf8')
const gyp = readFileSync(join(root, 'binding.gyp'), 'utf8')

test.each([
  ['sources', ['LATTICE_SOURCES', 'CPU_SOURCES', 'CUDA_SOURCES', 'ADDON_SOURCES']],
  ['defines', ['ADDON_DEFINITIONS']],
])('binding.gyp and CMakeLists.txt have the same %s', (key, variables) => {
  const inGyp = new RegExp(`"${key}": \\[([^\\]]*)\\]`)
    .exec(gyp)?.[1]
    ?.match(/(?<=")[A-Za-z_/.]+(=\d+)?(?=")/g)
  const inCMake = variables.flatMap((variable) =>
    new RegExp(`set\\(${variable}\\s+([^)]*)\\)`).exec(cmake)?.[1]?.split(/\s+/),
  )
  // Told apart from the rest, since each has its own way to read it.
  const own = key === 'defines' ? inGyp?.filter((name) => /^(\w+)(=\d+)?$/.test(name)) : inGyp
  expect(own?.sort()).toEqual(inCMake.sort())
})
