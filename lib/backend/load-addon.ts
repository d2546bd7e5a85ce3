/**
 * Finds and loads the native addon, or says what stands in its way.
 */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import { GridMaskError } from '../core/errors'
import type { Native } from '../core/native-interface'
import { fallback } from '../fallback/fallback'

const root = join(__dirname, '../..')

/** Those that the package has a binary for. */
const platforms = ['linux-x64', 'linux-arm64', 'win32-x64', 'darwin-x64', 'darwin-arm64']

const CUT = ', cut short'
const WARNED = 'gridmask.fallback.warned'

/** The addon; or, where there is none for this platform or GRIDMASK_FALLBACK=1, its stand-in. */
export function load(): Native {
  const wish = process.env.GRIDMASK_FALLBACK ?? ''
  if (wish === '1') return warned('GRIDMASK_FALLBACK=1 asks for it')
  try {
    return loadAddon()
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`
    if (
      !platforms.includes(platform) &&
      wish !== '0' &&
      addonFiles().every(({ found }) => !found)
    ) {
      return warned(`there is no binary for ${platform}`)
    }
    throw new GridMaskError('ERR_NATIVE_LOAD', messageOf(cause), { cause })
  }
}

function warned(reason: string): Native {
  if (getEnvironmentData(WARNED) !== true) {
    setEnvironmentData(WARNED, true)
    process.emitWarning(
      `gridmask works in plain TypeScript, since ${reason}. Its results are the same, but it is ` +
        'many times slower and uses one thread. See docs/install.md',
      { type: 'GridMaskWarning', code: 'GRIDMASK_FALLBACK' },
    )
  }
  return fallback
}

function loadAddon(): Native {
  const path = addonPath()
  // A system's loader may crash on half a file.
  if (describe(path).endsWith(CUT)) throw new Error('the file ends before it should')
  const addon = require(path) as Native & { version?: string }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  if (addon.version !== version) {
    throw new Error(`it is of gridmask ${addon.version ?? 'before 0.1.0'}, not of ${version}`)
  }
  return addon
}

function addonPath(): string {
  const { path } = require('node-gyp-build') as { path: (directory: string) => string }
  // It takes every Linux but Alpine for one with glibc.
  const musl = join(root, `prebuilds/linux-${process.arch}/gridmask.musl.node`)
  try {
    const found = path(root)
    return found.endsWith('.glibc.node') && libc() === 'musl' && existsSync(musl) ? musl : found
  } catch (error) {
    if (libc() === 'musl' && existsSync(musl)) return musl
    throw error
  }
}

/** 'glibc 2.36', 'musl', or nothing where there is no such choice. Takes some milliseconds. */
function libc(): string | undefined {
  if (process.platform !== 'linux') return undefined
  // Without a look at the network, which can take long.
  Object.assign(process.report ?? {}, { excludeNetwork: true })
  const report = process.report?.getReport() as
    | { header?: { glibcVersionRuntime?: string }; sharedObjects?: string[] }
    | undefined
  const glibc = report?.header?.glibcVersionRuntime
  if (glibc !== undefined) return `glibc ${glibc}`
  return report?.sharedObjects?.some((name) => name.includes('ld-musl')) ? 'musl' : undefined
}

/** Where the addon may be, in the order that it is looked for, and what is there. */
function addonFiles(): { path: string; found: string }[] {
  const folders = ['build/Release', `prebuilds/${process.platform}-${process.arch}`]
  return folders.flatMap((folder) => {
    let names: string[] = []
    try {
      names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.node'))
    } catch {
      // Then nothing is there.
    }
    if (names.length === 0) return [{ path: join(root, folder, '*.node'), found: '' }]
    return names.map((name) => {
      const path = join(root, folder, name)
      return { path, found: describe(path) }
    })
  })
}

function messageOf(cause: unknown): string {
  const { versions, version, platform, arch } = process
  const runtime =
    versions.bun !== undefined
      ? `Bun ${versions.bun}`
      : versions.deno !== undefined
        ? `Deno ${versions.deno}`
        : versions.electron !== undefined
          ? `Electron ${versions.electron}`
          : `Node ${version.slice(1)}`
  const system = [`${platform}-${arch}`, libc(), runtime, `N-API ${versions.napi}`].filter(Boolean)
  const files = addonFiles()
  const tried = files.map(({ path, found }) => `  ${path}: ${found || 'nothing there'}`)
  const reason = cause instanceof Error ? cause.message.trim() : String(cause)
  return [
    `The native addon of gridmask could not be loaded on ${system.join(', ')}. Looked at:`,
    ...tried,
    `What was said: ${reason}`,
    remedy(files.some(({ found }) => found !== '')),
    'GRIDMASK_FALLBACK=1 does without it, many times slower. See docs/install.md',
  ].join('\n')
}

function remedy(there: boolean): string {
  return there
    ? 'Install the package again on this very kind of system (a node_modules folder of another one ' +
        'does not serve), or build it here: `npm rebuild gridmask --ignore-scripts=false`, with a ' +
        'C++17 compiler and Python'
    : 'Install the package again, in full, or build it here: `npm rebuild gridmask ' +
        '--ignore-scripts=false`, with a C++17 compiler and Python'
}

/** What kind of file it is, from its first bytes. */
function describe(path: string): string {
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
  if (head.readUInt32BE(0) === 0x7f454c46) {
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

/** Whether an ELF file ends before its table of sections does. */
function isCut(path: string, head: Buffer): boolean {
  const sections = Number(head.readBigUInt64LE(40))
  return statSync(path).size < sections + head.readUInt16LE(58) * head.readUInt16LE(60)
}
