// SPDX-License-Identifier: MIT
//
// npm run release:dry
//
// Everything that a release does except publishing: checks the version, the changelog, every prebuilt
// binary, the tarball's size, and that the tarball works once installed. The tarball is left in
// build/release. On a tag (GITHUB_REF_TYPE) all of it must be in order; before that, faults that only
// concern a release are just reported.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { printTable } from '../../bench/text.mjs'
import { check, fileOf, isNative, nameOf, targets } from './prebuilds.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const out = join(root, 'build/release')
const tagged = process.env.GITHUB_REF_TYPE === 'tag'
/** Seven binaries of 0.2 to 0.65 MB packed, and 1 MB for everything else. */
const LARGEST = 4_000_000

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
/** @type {string} */
const version = manifest.version

/** @type {string[][]} */
const rows = []
let failed = false

/**
 * @param {string} name
 * @param {string | undefined} fault
 * @param {string} [right] what to print if there is no fault
 * @param {boolean} [onlyForRelease]
 */
function tell(name, fault, right = '', onlyForRelease = false) {
  const waits = onlyForRelease && !tagged
  if (fault !== undefined && !waits) failed = true
  rows.push([name, fault === undefined ? '✓' : waits ? '…' : '✗', fault ?? right])
}

const tag = process.env.GITHUB_REF_NAME
tell(
  'tag',
  tagged && tag !== `v${version}` ? `is ${tag}, not v${version}` : undefined,
  `v${version}`,
)
tell('lockfile', lockfileFault())
const entry = changelogEntry()
tell('changelog', entry === undefined ? `has no entry for ${version}` : undefined)
tell(
  'date of the entry',
  /^## .* - \d{4}-\d\d-\d\d$/.test(entry ?? '') ? undefined : `"${entry}" has none`,
  entry,
  true,
)
tell(
  'working tree',
  output('git', ['status', '--porcelain']) === '' ? undefined : 'has changes',
  '',
  true,
)

for (const target of targets) {
  // A release collects all of them from the machines that built them.
  if (isNative(target) && !existsSync(join(root, fileOf(target)))) {
    output(process.execPath, ['native/scripts/prebuild.mjs'])
  }
  const { bytes, faults, tooNew } = check(target)
  const fault = [...faults, ...tooNew].join('; ') || undefined
  const waits = fault === 'not there' || faults.length === 0
  tell(nameOf(target), fault, `${bytes} bytes`, waits)
}
tell(
  'kernels as a source',
  existsSync(join(root, 'native/cuda/fatbin.inc'))
    ? undefined
    : 'native/cuda/fatbin.inc is not there',
  '',
  true,
)

rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
const report = JSON.parse(pack())
const { filename, size, files } = report[0]
tell(
  'size',
  size > LARGEST ? `${size} bytes, more than ${LARGEST}` : undefined,
  `${size} bytes packed, ${files.length} files`,
)
tell('types and exports', status('npm', ['run', 'lint:package']))
tell(
  'installed and used',
  status(process.execPath, ['test/runtimes/run.mjs', '--tarball', join(out, filename)]),
)

printTable(['', '', ''], rows)
console.log(`\n${join('build/release', filename)}${failed ? ' must not be published.' : ''}`)
process.exit(failed ? 1 : 0)

/**
 * Provenance is refused unless the package names the repository that it was built in, which the
 * runner knows.
 */
function pack() {
  const file = join(root, 'package.json')
  const text = readFileSync(file, 'utf8')
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env
  if (repository !== undefined) {
    const url = `git+${server}/${repository}.git`
    writeFileSync(file, JSON.stringify({ ...manifest, repository: { type: 'git', url } }, null, 2))
  }
  try {
    return output('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', out])
  } finally {
    writeFileSync(file, text)
  }
}

function lockfileFault() {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  return lock.version === version ? undefined : `is of ${lock.version}`
}

/** The heading of this version's entry. */
function changelogEntry() {
  const lines = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split('\n')
  return lines.find((line) => line.startsWith(`## ${version} `))
}

/** What a command prints. @param {string} command @param {string[]} args */
function output(command, args) {
  const { status: code, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  return stdout
}

/** The last line of a command that failed. @param {string} command @param {string[]} args */
function status(command, args) {
  const { status: code, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  return code === 0 ? undefined : `${stdout}${stderr}`.trim().split('\n').at(-1)
}
