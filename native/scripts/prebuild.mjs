// SPDX-License-Identifier: MIT
//
// Makes this platform's prebuilt binary, prebuilds/<platform>-<arch>/gridmask.<libc>.node, and where
// there is nvcc the kernels as a source, native/cuda/image.inc: with it the published package keeps
// CUDA where its users compile it without nvcc.
//
// npm also runs a script of this name before `npm run build`. Therefore it does no work twice: it
// builds incrementally, in the folder that `npm run build` uses.
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const prebuildify = createRequire(import.meta.url)('prebuildify')
const root = fileURLToPath(new URL('../../', import.meta.url))
const stage = fileURLToPath(new URL('../../build/prebuild/', import.meta.url))
const shim = fileURLToPath(new URL('node-gyp-shim.mjs', import.meta.url))

// prebuildify strips the first binary that it finds in build/Release, and takes it away: it gets a
// stage of its own, where the shim puts a copy.
mkdirSync(stage, { recursive: true })
prebuildify(
  {
    cwd: stage,
    out: root,
    name: 'gridmask',
    napi: true,
    strip: true,
    // Without the tag, node-gyp-build would load a glibc binary on Alpine.
    tagLibc: process.platform === 'linux',
    // On Windows prebuildify goes through a shell.
    nodeGyp: process.platform === 'win32' ? `node "${shim}"` : shim,
  },
  (/** @type {Error | undefined} */ error) => {
    if (error) throw error
    shipKernels()
  },
)

function shipKernels() {
  const built = `${root}build/cuda/image.inc`
  const shipped = `${root}native/cuda/image.inc`
  if (!existsSync(built)) return
  // An unchanged file keeps its time: setup.mjs builds again what is older than its sources.
  if (existsSync(shipped) && readFileSync(shipped).equals(readFileSync(built))) return
  copyFileSync(built, shipped)
}
