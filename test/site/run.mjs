// npm run test:docs
//
// Makes the site as for a host that serves it below a path, such as GitHub Pages, and
// tests it there.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('../../', import.meta.url)))
process.env.GRIDMASK_SITE_BASE = '/below/this/'

const only = ['--testPathIgnorePatterns', '/node_modules/', '--testPathPatterns', 'test/site/']
const steps = [
  ['native/scripts/setup.mjs', 'native', 'typescript', 'site'],
  ['docs/site/build.mjs'],
  ['node_modules/jest/bin/jest.js', ...only],
]
for (const step of steps) {
  const { status } = spawnSync(process.execPath, step, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
