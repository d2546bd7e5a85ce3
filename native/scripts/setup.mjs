// SPDX-License-Identifier: MIT
//
// Brings a clone to where tests, demo, benchmarks and lint can run: installs the dependencies when
// they differ from the lockfile, builds what is missing or older than its sources. npm runs it
// before each of them, so it is silent and quick when nothing is to do, and uses only Node.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const installed = 'node_modules/.package-lock.json'

const builds = [
  {
    script: 'build:native',
    output: 'build/Release/gridmask.node',
    stamp: 'build/native.stamp',
    sources: [
      'CMakeLists.txt',
      'native',
      'bench/baseline.cc',
      'bench/gpu.cc',
      'test/cuda/driver',
      installed,
    ],
  },
  {
    script: 'build:ts',
    output: 'dist/index.mjs',
    stamp: 'build/ts.stamp',
    sources: ['tsconfig.json', 'tsconfig.build.json', 'lib', 'docs/play/index.html', installed],
  },
]

process.chdir(root)
if (!dependenciesMatchLockfile()) npm('ci', '--ignore-scripts')
for (const build of builds) {
  if (isFresh(build)) continue
  const started = new Date()
  npm('run', build.script)
  // The time it began, not ended: a source saved during the build is newer than the stamp.
  writeFileSync(build.stamp, '')
  utimesSync(build.stamp, started, started)
}

// npm's record of what it installed is the lockfile less what this platform does not need.
function dependenciesMatchLockfile() {
  if (!existsSync(installed)) return false
  const wanted = readPackages('package-lock.json')
  const present = readPackages(installed)
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
 * Folders count too: theirs is the only time that changes when a file is removed.
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
