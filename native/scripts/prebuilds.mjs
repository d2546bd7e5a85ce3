// SPDX-License-Identifier: MIT
//
// The platforms that have a prebuilt binary, and what each binary must be like to load wherever its
// platform's Node does.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * `os`, `cpu` and `libc` in the words of Node and node-gyp-build.
 *
 * @typedef {{
 *   os: 'linux' | 'win32' | 'darwin'
 *   cpu: 'x64' | 'arm64'
 *   libc?: 'glibc' | 'musl'
 *   cuda: boolean
 * }} Target
 */

/** NVIDIA has no driver for musl and none for macOS. @type {Target[]} */
export const targets = [
  { os: 'linux', cpu: 'x64', libc: 'glibc', cuda: true },
  { os: 'linux', cpu: 'arm64', libc: 'glibc', cuda: true },
  { os: 'linux', cpu: 'x64', libc: 'musl', cuda: false },
  { os: 'linux', cpu: 'arm64', libc: 'musl', cuda: false },
  { os: 'win32', cpu: 'x64', cuda: true },
  { os: 'darwin', cpu: 'x64', cuda: false },
  { os: 'darwin', cpu: 'arm64', cuda: false },
]

/** @param {Target} target */
export function nameOf({ os, cpu, libc }) {
  return [os, cpu, ...(libc ? [libc] : [])].join('-')
}

/** Where node-gyp-build looks for it, from the package's root. @param {Target} target */
export function fileOf({ os, cpu, libc }) {
  return `prebuilds/${os}-${cpu}/gridmask${libc ? `.${libc}` : ''}.node`
}

/** Whether this process could load it. @param {Target} target */
export function isNative({ os, cpu, libc }) {
  return os === process.platform && cpu === process.arch && libc === libcOfProcess()
}

function libcOfProcess() {
  if (process.platform !== 'linux') return undefined
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (
    process.report.getReport()
  )
  return header.glibcVersionRuntime ? 'glibc' : 'musl'
}

/** The versions of RHEL 8, the oldest system that Node 20 runs on. */
const NEWEST = { GLIBC: '2.28', GLIBCXX: '3.4.25', CXXABI: '1.3.11' }

/** Stripped: 350 kB are CUDA's, 400 kB the loops of the CPU for each set of instructions and size of a pixel. */
const LARGEST = 1_200_000

/**
 * The system's own program that says what a binary is for and what it needs, and the libraries that
 * every system or Node provides.
 *
 * @type {Record<string, { command: string[], cpu: Record<string, RegExp>, needed: RegExp, usual: RegExp }>}
 */
const readers = {
  glibc: {
    command: ['readelf', '-W', '-h', '-d', '-V'],
    cpu: { x64: /Machine:.*X86-64/, arm64: /Machine:.*AArch64/ },
    needed: /\(NEEDED\).*\[(.+)\]/g,
    usual:
      /^(lib(stdc\+\+\.so\.6|m\.so\.6|gcc_s\.so\.1|c\.so\.6|pthread\.so\.0|dl\.so\.2)|ld-linux-.*)$/,
  },
  musl: {
    command: ['readelf', '-W', '-h', '-d', '-V'],
    cpu: { x64: /Machine:.*X86-64/, arm64: /Machine:.*AArch64/ },
    needed: /\(NEEDED\).*\[(.+)\]/g,
    usual: /^(libc\.so|libc\.musl-.*\.so\.1|libstdc\+\+\.so\.6|libgcc_s\.so\.1)$/,
  },
  win32: {
    command: ['objdump', '-p'],
    cpu: { x64: /file format pei-x86-64/ },
    needed: /DLL Name: (\S+)/g,
    usual: /^(kernel32|msvcrt|ucrtbase|api-ms-win-.*|node)\.(dll|exe)$/i,
  },
  darwin: {
    command: ['otool', '-h', '-v', '-L'],
    cpu: { x64: /X86_64/, arm64: /ARM64/ },
    needed: /^\t(\S+) \(compat/gm,
    usual: /^(\/usr\/lib\/(libc\+\+\.1|libSystem\.B)\.dylib|.*\/gridmask\.node)$/,
  },
}

/**
 * `faults` are faults anywhere. `tooNew` is what limits a binary to systems like the one it was built
 * on: it works there, but must not be published.
 *
 * @param {Target} target
 * @param {string} [file]
 * @returns {{ bytes: number, faults: string[], tooNew: string[] }}
 */
export function check(target, file = root + fileOf(target)) {
  /** @type {string[]} */
  const tooNew = []
  if (!existsSync(file)) return { bytes: 0, faults: ['not there'], tooNew }
  const content = readFileSync(file)
  const faults = []
  if (content.length > LARGEST) faults.push(`has more than ${LARGEST} bytes`)
  const image = shippedKernels()
  const cuda = image !== undefined && content.includes(image)
  if (image !== undefined && cuda !== target.cuda) {
    faults.push(cuda ? 'has CUDA kernels' : 'has no CUDA kernels')
  }

  const reader = readers[target.libc ?? target.os]
  if (reader === undefined) throw new Error(`nothing is known of ${nameOf(target)}`)
  const [program, ...args] = /** @type {[string, ...string[]]} */ (reader.command)
  const env = { ...process.env, LC_ALL: 'C' }
  const { error, stdout } = spawnSync(program, [...args, file], { encoding: 'utf8', env })
  if (error) {
    // The program for macOS exists only there, and Windows has none: its binary is made on Linux.
    if (target.os === process.platform && target.os !== 'win32') throw error
    return { bytes: content.length, faults, tooNew }
  }
  if (!reader.cpu[target.cpu]?.test(stdout)) faults.push(`is not for ${nameOf(target)}`)
  for (const [, library] of stdout.matchAll(reader.needed)) {
    if (!reader.usual.test(library ?? '')) faults.push(`needs ${library}`)
  }
  for (const [name, newest] of Object.entries(NEWEST)) {
    const versions = stdout.matchAll(new RegExp(`Name: ${name}_([\\d.]+)`, 'g'))
    for (const [, version = ''] of versions) {
      if (isNewer(version, newest)) tooNew.push(`${name}_${version} is newer than ${newest}`)
    }
  }
  return { bytes: content.length, faults, tooNew }
}

/** The kernels' image as the package ships it. */
function shippedKernels() {
  const file = `${root}native/cuda/fatbin.inc`
  if (!existsSync(file)) return undefined
  const numbers = readFileSync(file, 'utf8').replace(/\/\/.*/g, '')
  return Buffer.from(numbers.split(',').flatMap((text) => (text.trim() ? [Number(text)] : [])))
}

/** @param {string} version @param {string} than */
function isNewer(version, than) {
  return version.localeCompare(than, 'en', { numeric: true }) > 0
}
