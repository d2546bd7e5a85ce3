// SPDX-License-Identifier: MIT
//
//   node native/scripts/setup.mjs [packages | native | typescript | site] …
//
// Prepares a clone so that a script of package.json can run: installs the packages if they differ from
// the lockfile, and builds what is named, by default everything, if it is missing or older than its
// sources. `site` installs what only docs/site needs. The scripts begin with it, so it is silent and
// quick if there is nothing to do, and uses only Node.
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const installed = 'node_modules/.package-lock.json'

const builds = [
  {
    name: 'native',
    script: 'build:native',
    output: 'build/Release/gridmask.node',
    stamp: 'build/native.stamp',
    sources: [
      'CMakeLists.txt',
      'native',
      'bench/baseline.cc',
      'bench/gpu.cc',
      'test/cuda/driver',
      'test/safety/fixtures/counted_new.cc',
      installed,
    ],
  },
  {
    name: 'typescript',
    script: 'build:ts',
    output: 'dist/index.mjs',
    stamp: 'build/ts.stamp',
    sources: [
      'tsconfig.json',
      'tsconfig.build.json',
      'native/scripts/build-ts.mjs',
      'lib',
      'docs/play/index.html',
      installed,
    ],
  },
]

const names = process.argv.slice(2)
const unknown = names.filter((name) => !['packages', 'native', 'typescript', 'site'].includes(name))
if (unknown.length > 0) throw new Error(`nothing is called ${unknown}`)

process.chdir(root)
if (!dependenciesMatchLockfile('.')) npm('ci', '--ignore-scripts')
if (names.includes('site') && !dependenciesMatchLockfile('docs/site')) {
  npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', 'docs/site')
}
for (const build of builds) {
  if (names.length > 0 && !names.includes(build.name)) continue
  if (isFresh(build)) continue
  const started = new Date()
  npm('run', build.script)
  mkdirSync('build', { recursive: true })
  // The time at which it began, so that a source saved during the build is newer than the stamp.
  writeFileSync(build.stamp, '')
  utimesSync(build.stamp, started, started)
}

// npm's record of what it installed is the lockfile without what this platform does not need.
/** @param {string} folder */
function dependenciesMatchLockfile(folder) {
  if (!existsSync(join(folder, installed))) return false
  const wanted = readPackages(join(folder, 'package-lock.json'))
  const present = readPackages(join(folder, installed))
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    const found = present[path]
    if (path === '' || (!found && optional)) return true
    return found?.version === version && found?.integrity === integrity
  })
}

/**
 * @param {string} file
 * @returns {Record<string, { version: string, integrity?: string, optional?: boolean }>}
 */
function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages
}

/** @param {{ output: string, stamp: string, sources: string[] }} build */
function isFresh({ output, stamp, sources }) {
  if (!existsSync(output) || !existsSync(stamp)) return false
  const built = statSync(stamp).mtimeMs
  return sources.every((source) => newestChange(source) < built)
}

/**
 * Folders count too: only their time changes when a file is removed.
 *
 * @param {string} path
 * @returns {number}
 */
function newestChange(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))))
}

/** @param {string[]} args */
function npm(...args) {
  const windows = process.platform === 'win32' // where npm is a .cmd file
  const { status } = spawnSync('npm', args, { stdio: 'inherit', shell: windows })
  if (status !== 0) process.exit(status ?? 1)
}
