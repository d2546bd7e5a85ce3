#!/usr/bin/env node
// SPDX-License-Identifier: MIT
//
// Stands in for node-gyp under prebuildify, which calls `node-gyp rebuild --target=… --arch=… …` and
// expects build/Release/*.node in its working directory. cmake-js reads --target as a CMake target,
// and with N-API the version of Node does not matter; that leaves the architecture.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const require = createRequire(import.meta.url)

const arch = process.argv.find((arg) => arg.startsWith('--arch='))?.slice('--arch='.length)
if (arch !== process.arch) {
  console.error(
    `Expected to build for ${process.arch}, the machine's own, but was asked for ${arch}`,
  )
  process.exit(1)
}

const cmakeJs = join(dirname(require.resolve('cmake-js/package.json')), 'bin', 'cmake-js')
const { status } = spawnSync(process.execPath, [cmakeJs, 'build', '--directory', root], {
  stdio: 'inherit',
})
if (status !== 0) process.exit(status ?? 1)

mkdirSync('build/Release', { recursive: true })
copyFileSync(join(root, 'build/Release/gridmask.node'), 'build/Release/gridmask.node')
