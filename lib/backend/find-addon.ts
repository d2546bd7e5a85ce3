/**
 * Finds the addon's file. node-gyp-build would look at files that the process may have no permission to
 * read. process.report.getReport(), which would name the C library, waits for other threads.
 */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { orUndefined } from '../core/environment'

const platform = `${process.platform}-${process.arch}`

/** The platforms that the package has a binary for. */
const platforms = ['linux-x64', 'linux-arm64', 'win32-x64', 'darwin-x64', 'darwin-arm64']

export const isSupported = platforms.includes(platform)

/** How the description of a file ends that is too short. */
export const CUT = ', cut short'

/** The C library of this process; undefined if it is unknown, or there is only one. */
export function libc(): 'glibc' | 'musl' | undefined {
  if (process.platform !== 'linux') return undefined
  const loader = orUndefined(() => loaderOf(process.execPath)) ?? basename(process.execPath)
  if (loader.includes('ld-musl')) return 'musl'
  return loader.includes('ld-linux') ? 'glibc' : undefined
}

/** The loader that an ELF file names. */
function loaderOf(path: string): string | undefined {
  const file = openSync(path, 'r')
  try {
    const read = (length: number, at: number) => {
      const bytes = Buffer.alloc(length)
      readSync(file, bytes, 0, length, at)
      return bytes
    }
    const head = read(64, 0)
    if (!isElf(head)) return undefined
    const [first, size, count] = [
      Number(head.readBigUInt64LE(32)),
      head.readUInt16LE(54),
      head.readUInt16LE(56),
    ]
    const segments = read(size * count, first)
    for (let at = 0; at < segments.length; at += size) {
      if (segments.readUInt32LE(at) !== 3) continue // PT_INTERP
      const [begin, length] = [at + 8, at + 32].map((field) =>
        Number(segments.readBigUInt64LE(field)),
      ) as [number, number]
      return read(Math.min(length, 4096), begin).toString()
    }
    return undefined
  } finally {
    closeSync(file)
  }
}

/** Folders that hold `prebuilds/` or `build/`. */
function roots(): string[] {
  // In a module, a bundler may leave no __dirname.
  const here = typeof __dirname === 'string' ? __dirname : dirname(process.argv[1] ?? '')
  // The package's root. A bundle has the files beside itself or beside its folder; a single-file program,
  // beside itself.
  return basename(here) === 'backend'
    ? [join(here, '../..')]
    : [...new Set([here, dirname(here), dirname(process.execPath)])]
}

/** Where the addon may be, in the order in which to try. */
export function addonPaths(): string[] {
  // The binary for musl needs a library that glibc's loader does not find, so loading it fails. The other
  // way round, loading may succeed and then crash. So musl comes first if nothing is known.
  const known = libc()
  const tags =
    process.platform !== 'linux' ? [''] : known === undefined ? ['.musl', '.glibc'] : [`.${known}`]
  return roots().flatMap((root) => [
    join(root, 'build/Release/gridmask.node'),
    join(root, 'build/Debug/gridmask.node'),
    ...tags.map((tag) => join(root, 'prebuilds', platform, `gridmask${tag}.node`)),
  ])
}

/** What each place contains where the addon may be, for the error that it could not be loaded. */
export function filesThere(): { path: string; found: string }[] {
  const folders = roots().flatMap((root) => [
    join(root, 'build/Release'),
    join(root, 'prebuilds', platform),
  ])
  return folders.flatMap((folder) => {
    const names = orUndefined(() => readdirSync(folder).filter((name) => name.endsWith('.node')))
    if (names === undefined || names.length === 0)
      return [{ path: join(folder, '*.node'), found: '' }]
    return names.map((name) => ({
      path: join(folder, name),
      found: describeFile(join(folder, name)),
    }))
  })
}

export function isThere(path: string): boolean {
  return orUndefined(() => existsSync(path)) === true
}

/** What kind of file it is, from its first bytes. */
export function describeFile(path: string): string {
  const head = Buffer.alloc(1024)
  let bytes: number
  try {
    const file = openSync(path, 'r')
    bytes = readSync(file, head)
    closeSync(file)
  } catch (error) {
    return `not readable (${(error as NodeJS.ErrnoException).code})`
  }
  if (bytes < 64) return bytes === 0 ? 'an empty file' : 'not a binary'
  if (isElf(head)) {
    const machine = { 62: 'x64', 183: 'arm64' }[head.readUInt16LE(18)] ?? 'another processor'
    const libcTag = /\.(glibc|musl)\.node$/.exec(path)?.[1]
    return `for Linux, ${machine}${libcTag ? `, ${libcTag}` : ''}${isCut(path, head) ? CUT : ''}`
  }
  if (head.readUInt32LE(0) === 0xfeedfacf) {
    const machine = { 7: 'x64', 12: 'arm64' }[head.readUInt8(4)] ?? 'another processor'
    return `for macOS, ${machine}`
  }
  if (head.readUInt16LE(0) === 0x5a4d) {
    const header = head.readUInt32LE(60)
    const machine = header + 6 <= bytes ? head.readUInt16LE(header + 4) : 0
    return `for Windows, ${{ 34404: 'x64', 43620: 'arm64' }[machine] ?? 'another processor'}`
  }
  return 'not a binary'
}

function isElf(head: Buffer): boolean {
  return head.readUInt32BE(0) === 0x7f454c46
}

/** Whether an ELF file ends before its section table does. */
function isCut(path: string, head: Buffer): boolean {
  const sections = Number(head.readBigUInt64LE(40))
  return statSync(path).size < sections + head.readUInt16LE(58) * head.readUInt16LE(60)
}
