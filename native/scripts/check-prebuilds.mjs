// SPDX-License-Identifier: MIT
//
// What every prebuilt binary must be like, so that it loads wherever its platform's Node does.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from './inspect.mjs'
import { fileOf, nameOf } from './targets.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The functions by which Node finds an addon and its version of N-API. */
const ENTRIES = ['napi_register_module_v1', 'node_api_module_get_api_version_v1']

/** What RHEL 8 has, the oldest system that Node 20 runs on. */
const NEWEST = { GLIBC: '2.28', GLIBCXX: '3.4.25', CXXABI: '1.3.11' }

const LARGEST = 900_000

/** Libraries that every system has, or that Node brings. @type {Record<string, RegExp>} */
const libraries = {
  glibc:
    /^(lib(stdc\+\+\.so\.6|m\.so\.6|gcc_s\.so\.1|c\.so\.6|pthread\.so\.0|dl\.so\.2)|ld-linux-.*)$/,
  musl: /^(libc\.so|libc\.musl-.*\.so\.1|libstdc\+\+\.so\.6|libgcc_s\.so\.1)$/,
  win32: /^(kernel32|msvcrt|ucrtbase|api-ms-win-.*|node)\.(dll|exe)$/i,
  darwin: /^\/usr\/lib\/(libc\+\+\.1|libSystem\.B)\.dylib$/,
}

/**
 * @typedef {{
 *   target: string
 *   file: string
 *   bytes: number
 *   cuda: boolean
 *   needed: string[]
 *   newest: Record<string, string>
 *   faults: string[]
 * }} Checked
 */

/** @param {import('./targets.mjs').Target} target @returns {Checked} */
export function check(target) {
  const file = join(root, fileOf(target))
  const faults = []
  const checked = { target: nameOf(target), file: fileOf(target), bytes: 0, cuda: false }
  /** @type {import('./inspect.mjs').Binary} */
  let binary
  try {
    binary = inspect(file)
  } catch (error) {
    const reason = existsSync(file) ? /** @type {Error} */ (error).message : 'not there'
    return { ...checked, needed: [], newest: {}, faults: [reason] }
  }
  if (binary.format !== target.format || binary.cpu !== target.cpu) {
    faults.push(`is ${binary.format} for ${binary.cpu}`)
  }
  for (const entry of ENTRIES) {
    if (!binary.exports.includes(entry)) faults.push(`does not export ${entry}`)
  }
  const usual = /** @type {RegExp} */ (libraries[target.libc ?? target.os])
  for (const library of binary.needed) {
    if (!usual.test(library)) faults.push(`needs ${library}`)
  }
  /** @type {Record<string, string>} */
  const newest = {}
  for (const [name, most] of Object.entries(NEWEST)) {
    const found = newestOf(name, binary.versions)
    if (found === undefined) continue
    newest[name] = found
    if (compare(found, most) > 0) faults.push(`asks for ${name}_${found}, newer than ${most}`)
  }
  const { size } = statSync(file)
  if (size > LARGEST) faults.push(`has ${size} bytes, more than ${LARGEST}`)
  const cuda = holdsKernels(file)
  if (cuda !== target.cuda) faults.push(cuda ? 'has CUDA kernels' : 'has no CUDA kernels')
  return { ...checked, bytes: size, cuda, needed: binary.needed, newest, faults }
}

/** Whether the kernels' image, as the package ships it, is within. @param {string} file */
function holdsKernels(file) {
  const shipped = join(root, 'native/cuda/fatbin.inc')
  if (!existsSync(shipped)) return false
  const numbers = readFileSync(shipped, 'utf8').replace(/\/\/.*/g, '')
  const image = Buffer.from(
    numbers.split(',').flatMap((text) => (text.trim() ? [Number(text)] : [])),
  )
  return readFileSync(file).includes(image)
}

/** @param {string} name @param {string[]} versions */
function newestOf(name, versions) {
  return versions
    .filter((version) => version.startsWith(`${name}_`))
    .map((version) => version.slice(name.length + 1))
    .sort(compare)
    .at(-1)
}

/** Versions by their numbers. @param {string} a @param {string} b */
function compare(a, b) {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number))
  for (let i = 0; i < 4; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
