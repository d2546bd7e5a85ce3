// SPDX-License-Identifier: MIT
//
// Builds and runs test/native/*.cc, once for each argument: `plain`, sanitizers to build with, or
// `arm64`, which compiles for another processor, on Linux, and runs under QEMU.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('../../', import.meta.url)))

const crossCompiled = [
  '-DCMAKE_SYSTEM_NAME=Linux',
  '-DCMAKE_SYSTEM_PROCESSOR=aarch64',
  '-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++',
  '-DCMAKE_CROSSCOMPILING_EMULATOR=qemu-aarch64-static;-L;/usr/aarch64-linux-gnu',
]

for (const variant of process.argv.slice(2)) {
  const folder = `build/test-${variant.replace(',', '-')}`
  const sanitize = ['plain', 'arm64'].includes(variant) ? '' : variant
  const cross = variant === 'arm64' ? crossCompiled : []
  run('cmake', '-S', '.', '-B', folder, `-DGRIDMASK_SANITIZE=${sanitize}`, ...cross)
  run('cmake', '--build', folder, '--parallel', `${availableParallelism()}`)
  // The kernels run thread by thread on one host thread, so there are no races to find.
  const others =
    variant === 'thread' ? ['--exclude-regex', '^cuda_(kernel|launch|preprocess)_test$'] : []
  const parallel = ['--parallel', `${availableParallelism()}`]
  run(
    'ctest',
    '--test-dir',
    folder,
    ...parallel,
    ...others,
    '--output-on-failure',
    '--no-tests=error',
  )
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}
