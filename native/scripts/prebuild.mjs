// SPDX-License-Identifier: MIT
//
// npm run prebuild             this platform's binary: prebuilds/<platform>-<arch>/gridmask.<libc>.node
// npm run prebuild -- --all    those of all platforms that can be compiled for here, and checks them
// npm run prebuild -- --target NAME  another platform's alone, such as win32-x64
// npm run prebuild -- --check  checks that all are there, without making any
//
// Where there is nvcc, it also makes the kernels as a source, native/cuda/fatbin.inc: with it the
// published package keeps CUDA where its users compile it without nvcc, and every platform has the
// same kernels.
//
// npm also runs a script of this name before `npm run build`. Therefore it does no work twice: it
// builds incrementally, in the folder that `npm run build` uses.
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { printTable } from '../../bench/text.mjs'
import { check } from './check-prebuilds.mjs'
import { crossBuild } from './cross.mjs'
import { isNative, nameOf, targets } from './targets.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { values: options } = parseArgs({
  options: { all: { type: 'boolean' }, target: { type: 'string' }, check: { type: 'boolean' } },
})

if (!options.check && options.target === undefined) {
  await buildHere()
  shipKernels()
}
/** @type {Map<string, string>} */
const missing = new Map()
if (options.all || options.target !== undefined) {
  const wanted = targets.filter((target) =>
    options.target === undefined ? !isNative(target) : nameOf(target) === options.target,
  )
  if (wanted.length === 0) throw new Error(`no target is called ${options.target}`)
  for (const target of wanted) {
    console.log(`${nameOf(target)} …`)
    const reason = crossBuild(target)
    if (reason !== undefined) missing.set(nameOf(target), reason)
  }
}
if (options.all || options.check) report()
else if (missing.size > 0) throw new Error([...missing.values()].join('; '))

/** prebuildify strips what cmake-js makes and names it. */
async function buildHere() {
  const stage = fileURLToPath(new URL('../../build/prebuild/', import.meta.url))
  const shim = fileURLToPath(new URL('node-gyp-shim.mjs', import.meta.url))
  // It takes the first binary that it finds in build/Release: it gets a stage of its own, where the
  // shim puts a copy.
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
  // An unchanged file keeps its time: setup.mjs builds again what is older than its sources.
  if (existsSync(shipped) && readFileSync(shipped).equals(readFileSync(built))) return
  copyFileSync(built, shipped)
}

function report() {
  const results = targets.filter((target) => !missing.has(nameOf(target))).map(check)
  console.log()
  printTable(
    ['', 'bytes', 'CUDA', 'GLIBC', 'GLIBCXX', '', ''],
    results.map(({ target, bytes, cuda, newest, needed, faults }) => [
      target,
      String(bytes),
      cuda ? 'yes' : 'no',
      newest.GLIBC ?? '-',
      newest.GLIBCXX ?? '-',
      faults.length === 0 ? '✓' : `✗ ${faults.join('; ')}`,
      `needs ${needed.join(', ')}`,
    ]),
  )
  for (const [name, reason] of missing) console.log(`\n${name} was not made: ${reason}`)
  if (results.some(({ faults }) => faults.length > 0)) process.exitCode = 1
}
