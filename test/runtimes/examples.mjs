// The examples that have packages of their own, as for someone who copies one out of the repository:
// installed by npm, with the packed package.
import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Copies an example, installs what it needs, and compiles it.
 *
 * @param {import('./neighbours.mjs').Workplace} place
 * @param {string} name
 * @returns {string} its folder
 */
export function installExample({ work, tarball, npm, report }, name) {
  const folder = join(work, `example-${name}`)
  cpSync(join(root, 'examples', name), folder, {
    recursive: true,
    filter: (path) => basename(path) !== 'node_modules',
  })
  const manifest = readJson(join(folder, 'package.json'))
  manifest.dependencies.gridmask = `file:${tarball}`
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  npm(['install', '--ignore-scripts'], folder)

  const { compilerOptions } = readJson(join(root, 'tsconfig.json'))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', folder], {
    encoding: 'utf8',
  })
  report(`examples/${name}`, 'types', status === 0, `${stdout}${stderr}`)
  return folder
}

/** @param {string} path comments on lines of their own are passed over, as TypeScript does */
function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8').replaceAll(/^\s*\/\/.*$/gm, ''))
}
