// The suites of the public interface without the addon, in a separate Jest.
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { root, runNode } from '../process'

// The rest of the suite holds for it too; these are the ones that say most in little time.
test("the public interface's own suites pass without the addon", () => {
  const suites = [
    ...['test/golden', 'test/api/gridmask', 'test/api/validation', 'test/draws'],
    ...['test/baselines/draws', 'test/api/ignore-dropped'],
    ...['bits', 'detached', 'empty', 'foreign-memory', 'impostors', 'numbering', 'overlap'].map(
      (hazard) => `test/hazards/${hazard}`,
    ),
    ...['reentrancy', 'resizable', 'shared-memory'].map((hazard) => `test/hazards/${hazard}`),
    ...['test/gridmix/partners', 'test/gridmix/validation', 'test/gridmix/labels'],
  ]
  const jest = join(root, 'node_modules/jest/bin/jest.js')
  const env = { GRIDMASK_FALLBACK: '1', NODE_NO_WARNINGS: '1' }
  const { status, stderr } = runNode(['--expose-gc', jest, ...suites], { env })
  expect(stderr).toContain(`Test Suites: ${suites.length} passed, ${suites.length} total`)
  expect(status).toBe(0)
}, 120_000)
