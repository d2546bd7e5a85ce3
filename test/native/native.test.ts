// The native tests, test/native/*.cc, without sanitizers; `npm run test:sanitize` runs them with sanitizers.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const root = join(__dirname, '..', '..')

test('the native tests build without warnings and pass', () => {
  const script = join('native', 'scripts', 'test-native.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, 'plain'], {
    cwd: root,
    encoding: 'utf8',
  })
  const output = `${stdout}\n${stderr}`
  expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' })
  expect(output).toMatch(/100% tests passed/)
}, 600_000)
