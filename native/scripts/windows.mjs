// SPDX-License-Identifier: MIT
//
// Compiles the addon for Windows with MinGW-w64's GCC on Linux: docs/decisions.md says why. N-API needs
// only Node's headers, which come as a separate package.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(root, 'build/windows')
const require = createRequire(import.meta.url)
const nodeApi = dirname(require.resolve('node-api-headers/package.json'))
const nodeAddonApi = dirname(require.resolve('node-addon-api/package.json'))

export function buildForWindows() {
  mkdirSync(folder, { recursive: true })
  run(
    'cmake',
    ...['-S', root, '-B', folder],
    '-DCMAKE_BUILD_TYPE=Release',
    '-DCMAKE_SYSTEM_NAME=Windows',
    '-DCMAKE_SYSTEM_PROCESSOR=x86_64',
    // Debian's package is g++-mingw-w64-x86-64-posix.
    '-DCMAKE_CXX_COMPILER=x86_64-w64-mingw32-g++-posix',
    // Every Windows has only the system libraries.
    '-DCMAKE_MODULE_LINKER_FLAGS=-s -static',
    `-DCMAKE_JS_INC=${join(nodeApi, 'include')};${nodeAddonApi}`,
    `-DCMAKE_JS_LIB=${importLibrary()};delayimp`,
    '-DGRIDMASK_CUDA=SHIPPED',
  )
  run('cmake', '--build', folder, '--target', 'gridmask', '--parallel')
  const file = join(root, 'prebuilds/win32-x64/gridmask.node')
  mkdirSync(dirname(file), { recursive: true })
  copyFileSync(join(folder, 'gridmask.node'), file)
}

/** Windows must know which program has N-API's functions: node.exe. */
function importLibrary() {
  const functions = ['node_api', 'js_native_api'].flatMap((name) =>
    readFileSync(join(nodeApi, `def/${name}.def`), 'utf8')
      .split('\n')
      .slice(2),
  )
  const definition = join(folder, 'node.def')
  writeFileSync(definition, ['NAME node.exe', 'EXPORTS', ...new Set(functions)].join('\n'))
  const library = join(folder, 'libnode.a')
  // Looked up on first call; native/addon/host_program.cc says where.
  run('x86_64-w64-mingw32-dlltool', '-d', definition, '-y', library)
  return library
}

/** @param {string} command @param {string[]} args */
function run(command, ...args) {
  const { error, status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}
