// SPDX-License-Identifier: MIT
//
// npm run prebuild               this platform's binary: prebuilds/<platform>-<arch>/gridmask.<libc>.node
// npm run prebuild -- --windows  the one for Windows, on Linux
//
// If there is an nvcc, it also writes the kernels as a source, native/cuda/fatbin.inc. With it, the
// published package has CUDA even if its users compile it without nvcc, and every platform has the
// same kernels.
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { buildForWindows } from './windows.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { values: options } = parseArgs({ options: { windows: { type: 'boolean' } } })

if (options.windows) {
  buildForWindows()
} else {
  await buildHere()
  shipKernels()
}

/** prebuildify strips what cmake-js makes and names it. */
async function buildHere() {
  const stage = fileURLToPath(new URL('../../build/prebuild/', import.meta.url))
  const shim = fileURLToPath(new URL('node-gyp-shim.mjs', import.meta.url))
  // It takes the first binary that it finds in build/Release, so it gets a folder of its own, where
  // the shim puts a copy.
  mkdirSync(stage, { recursive: true })
  await promisify(createRequire(import.meta.url)('prebuildify'))({
    cwd: stage,
    out: root,
    name: 'gridmask',
    napi: true,
    strip: true,
    // Without the tag, node-gyp-build would load a glibc binary on Alpine.
    tagLibc: process.platform === 'linux',
    // On Windows prebuildify goes through a shell.
    nodeGyp: process.platform === 'win32' ? `node "${shim}"` : shim,
  })
}

function shipKernels() {
  const built = `${root}build/cuda/fatbin.inc`
  const shipped = `${root}native/cuda/fatbin.inc`
  if (!existsSync(built)) return
  // An unchanged file keeps its time, since setup.mjs rebuilds what is older than its sources.
  if (existsSync(shipped) && readFileSync(shipped).equals(readFileSync(built))) return
  copyFileSync(built, shipped)
}
