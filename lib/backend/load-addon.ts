/**
 * Loads the native addon, or says why it cannot.
 */
import { createRequire } from 'node:module'
import { invalid } from '../core/check'
import { environmentVariable, warnOnce } from '../core/environment'
import { GridMaskError } from '../core/errors'
import { DONE, type Native } from '../core/native-interface'
import { fallback } from '../fallback/fallback'
import { addonPaths, CUT, describeFile, filesThere, isSupported, isThere, libc } from './find-addon'

// Read by require(), so that a bundler includes the version too.
const { version } = require('../../package.json') as { version: string }

/** The addon; or the fallback, if there is none for this platform or GRIDMASK_FALLBACK=1. */
export function load(): Native {
  const wish = environmentVariable('GRIDMASK_FALLBACK')
  if (wish === '1') return warned('GRIDMASK_FALLBACK=1 asks for it')
  const paths = addonPaths().filter(isThere)
  if (paths.length === 0 && !isSupported && wish !== '0') {
    return warned(`there is no binary for ${process.platform}-${process.arch}`)
  }
  const causes: unknown[] = []
  for (const path of paths) {
    let addon: Native
    try {
      addon = loadFrom(path)
    } catch (cause) {
      causes.push(cause)
      continue
    }
    chooseInstructions(addon)
    return addon
  }
  const [cause = new Error('there is no file of the addon')] = causes
  throw new GridMaskError('ERR_NATIVE_LOAD', messageOf([cause, ...causes.slice(1)]), { cause })
}

function warned(reason: string): Native {
  warnOnce(
    'GRIDMASK_FALLBACK',
    `gridmask runs in plain TypeScript because ${reason}. Its results are the same, but it is ` +
      'many times slower and uses one thread. See docs/install.md',
  )
  return fallback
}

function loadFrom(path: string): Native {
  // The system's loader may crash on half a file.
  if (describeFile(path).endsWith(CUT)) throw new Error('the file ends before it should')
  // Not `require`: in a program that is one file it knows only Node's own modules, and bundlers try to
  // follow it.
  const addon = createRequire(path)(path) as Native & { version?: string }
  if (addon.version !== version) {
    throw new Error(`it is of gridmask ${addon.version ?? 'before 0.1.0'}, not of ${version}`)
  }
  return addon
}

/** Obeys GRIDMASK_INSTRUCTIONS, so that tests can try each instruction set of this processor. */
function chooseInstructions(addon: Native): void {
  const name = environmentVariable('GRIDMASK_INSTRUCTIONS')
  if (name === undefined || addon.useInstructions(name) === DONE) return
  const names = addon.instructionSets().map((known) => `'${known}'`)
  const expected =
    names.length === 1 ? `${names[0]} on this processor` : `one of ${names.join(', ')}`
  invalid('ERR_INVALID_ARG_VALUE', 'GRIDMASK_INSTRUCTIONS', expected, name)
}

function messageOf(causes: unknown[]): string {
  const { versions, platform, arch } = process
  const runtime =
    versions.bun !== undefined
      ? `Bun ${versions.bun}`
      : versions.deno !== undefined
        ? `Deno ${versions.deno}`
        : versions.electron !== undefined
          ? `Electron ${versions.electron}`
          : `Node ${versions.node}`
  const system = [`${platform}-${arch}`, libc(), runtime, `N-API ${versions.napi}`].filter(Boolean)
  const files = filesThere()
  const tried = files.map(({ path, found }) => `  ${path}: ${found || 'nothing there'}`)
  const reasons = causes.map((cause) => (cause instanceof Error ? cause.message.trim() : cause))
  return [
    `The native addon of gridmask could not be loaded on ${system.join(', ')}. Looked at:`,
    ...tried,
    `The error was: ${reasons.join('; ')}`,
    causes.map(missingRight).find(Boolean) ?? remedy(files.some(({ found }) => found !== '')),
    'GRIDMASK_FALLBACK=1 works without it, but is many times slower. See docs/install.md',
  ].join('\n')
}

/** How to grant the permission that the runtime refused. */
function missingRight(cause: unknown): string | undefined {
  const { code, name } = (cause ?? {}) as { code?: unknown; name?: unknown }
  if (code === 'ERR_DLOPEN_DISABLED') {
    return 'Node has no permission to load addons: add --allow-addons to its flags'
  }
  if (code === 'ERR_ACCESS_DENIED') {
    return "Node has no permission to read the package's folder: add it to --allow-fs-read"
  }
  if (name === 'NotCapable' || name === 'PermissionDenied') {
    return 'Deno has no permission to load addons: add --allow-ffi and --allow-read to its flags'
  }
  return undefined
}

function remedy(there: boolean): string {
  return there
    ? 'Install the package again on a system of this kind (a node_modules folder from another kind ' +
        'does not work), or build it here: `npm rebuild gridmask --ignore-scripts=false`, with a ' +
        'C++17 compiler and Python'
    : 'Install the package again, in full, or build it here: `npm rebuild gridmask ' +
        '--ignore-scripts=false`, with a C++17 compiler and Python. If a bundler included the ' +
        'package, leave it outside, or copy its `prebuilds` folder beside the bundle'
}
