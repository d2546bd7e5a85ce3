// The package with other tools: under permissions, in test runners, included by bundlers or left outside,
// in a single-file program, in a zip file's layout, and read by old compilers. Each is a small project that
// has the package installed and prints the digest, or that a tool runs.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * @typedef {object} Workplace
 * @property {string} work where projects are made
 * @property {string} tarball the packed package
 * @property {string} expected the digest
 * @property {(args: string[], folder: string) => void} npm
 * @property {(name: string, what: string, command: string[], folder: string, env?: NodeJS.ProcessEnv) => void} check
 *   that a command prints the digest
 * @property {(name: string, what: string, passed: boolean, said: string) => void} report
 */

const main = `
import { applyPlan, GridMask } from 'gridmask'
import { Cutout } from 'gridmask/baselines'
import { digest } from './digest.cjs'
new Cutout({ size: 2 }).apply(new Float32Array(48), { shape: [1, 3, 4, 4] })
digest({ applyPlan, GridMask }).then(console.log)
`

/**
 * A project with the package and others from the registry.
 *
 * @param {Workplace} place @param {string} name @param {string[]} packages
 * @param {Record<string, string>} files
 */
function project({ work, tarball, npm }, name, packages, files) {
  const folder = join(work, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  copyFileSync(join(root, 'test/runtimes/digest.cjs'), join(folder, 'digest.cjs'))
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(folder, file), text.trimStart())
  }
  npm(['install', '--ignore-scripts', tarball, ...packages], folder)
  return folder
}

/** @param {string} command @param {string[]} args @param {string} cwd @param {NodeJS.ProcessEnv} [env] */
function run(command, args, cwd, env = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 300_000,
  })
  return { passed: status === 0, said: `${error ?? ''}${stdout}${stderr}` }
}

/** @param {Workplace} place @param {string} folder @param {string} name @param {string} node @param {number} major */
export function tryPermissions(place, folder, name, node, major) {
  const model = major < 24 ? '--experimental-permission' : '--permission'
  const rights = [`--allow-fs-read=${folder}/*`, '--allow-addons']
  place.check(name, 'permission model', [node, model, ...rights, 'commonjs.cjs'], folder)
}

/** @param {Workplace} place @param {string} folder @param {string} name @param {string} deno */
export function tryDenosRights(place, folder, name, deno) {
  for (const rights of [
    ['--allow-read', '--allow-env', '--allow-ffi'],
    ['--allow-read=.', '--allow-ffi'],
  ]) {
    const command = [deno, 'run', '--quiet', '--no-prompt', ...rights, 'commonjs.cjs']
    place.check(name, rights.join(' '), command, folder)
  }
}

/** Arrays of one realm, the package of another. @param {Workplace} place @param {string} folder @param {string} name @param {string} node */
export function tryContexts(place, folder, name, node) {
  writeFileSync(
    join(folder, 'context.cjs'),
    `
const vm = require('node:vm')
const { readFileSync } = require('node:fs')
const module_ = { exports: {} }
const context = vm.createContext({ require, module: module_, console })
vm.runInContext(readFileSync('./digest.cjs', 'utf8'), context)
module_.exports.digest(require('gridmask')).then(console.log)
`.trimStart(),
  )
  place.check(name, 'arrays of a vm context', [node, 'context.cjs'], folder)
}

/** Buffers that nobody may write to, a proposal. @param {Workplace} place @param {string} folder @param {string} name @param {string} node */
export function tryImmutableBuffers(place, folder, name, node) {
  const program = `
const { GridMask } = require('gridmask')
const shape = [1, 3, 16, 16]
const gridmask = new GridMask({ ratio: 0.5, unit: 8 })
const images = new Float32Array(new Float32Array(768).fill(1).buffer.transferToImmutable())
const expected = gridmask.apply(new Float32Array(images), { shape, index: 0 }).join()
if (gridmask.apply(images, { shape, index: 0 }).join() !== expected) throw new Error('another mask')
try {
  gridmask.apply(images, { shape, out: images })
  throw new Error('written')
} catch (error) {
  if (error.code !== 'ERR_INVALID_ARG_VALUE') throw error
}
gridmask.applyAsync(images, { shape, index: 0 }).then((result) => {
  if (result.join() !== expected || images.includes(0)) throw new Error('another mask')
})
`
  const { passed, said } = run(node, ['--js-immutable-arraybuffer', '-e', program], folder)
  place.report(name, 'immutable buffers', passed, said)
}

const jestTest = (/** @type {string} */ environment) => `
/** @jest-environment ${environment} */
const { digest } = require('./digest.cjs')
test('masks, also where the registry of modules was reset', async () => {
  expect(await digest(require('gridmask'))).toBe(process.env.EXPECTED)
  jest.resetModules()
  expect(await digest(require('gridmask'))).toBe(process.env.EXPECTED)
})
`

const vitestTest = `
import { expect, test } from 'vitest'
import { applyPlan, GridMask } from 'gridmask'
import { digest } from './digest.cjs'
test('masks', async () => {
  expect(await digest({ applyPlan, GridMask })).toBe(process.env.EXPECTED)
})
`

/** @param {Workplace} place */
export function tryTestRunners(place) {
  const env = { EXPECTED: place.expected, CI: '1' }
  const jest = project(place, 'jest', ['jest', 'jest-environment-jsdom'], {
    'node.test.js': jestTest('node'),
    'jsdom.test.js': jestTest('jsdom'),
  })
  for (const environment of ['node', 'jsdom']) {
    for (const workers of [['--runInBand'], ['--workerThreads', '--maxWorkers=2']]) {
      const args = ['node_modules/jest/bin/jest.js', environment, ...workers]
      const { passed, said } = run(process.execPath, args, jest, env)
      place.report(`jest, ${environment}`, workers[0] ?? '', passed, said)
    }
  }
  const vitest = project(place, 'vitest', ['vitest'], { 'masks.test.mjs': vitestTest })
  for (const pool of ['threads', 'forks', 'vmThreads']) {
    const args = ['node_modules/vitest/vitest.mjs', 'run', `--pool=${pool}`]
    const { passed, said } = run(process.execPath, args, vitest, env)
    place.report('vitest', `--pool=${pool}`, passed, said)
  }
}

/** How each leaves the package outside, as docs/install.md says, or takes it in. */
const bundlers = {
  esbuild: {
    outside: [
      'esbuild',
      'main.mjs',
      '--bundle',
      '--platform=node',
      '--format=cjs',
      '--external:gridmask',
    ],
    inside: ['esbuild', 'main.mjs', '--bundle', '--platform=node', '--format=cjs'],
  },
  webpack: {
    outside: ['webpack', '-c', 'webpack.outside.cjs'],
    inside: ['webpack', '-c', 'webpack.inside.cjs'],
  },
  rollup: {
    outside: ['rollup', '-c', 'rollup.outside.mjs'],
    inside: ['rollup', '-c', 'rollup.inside.mjs'],
  },
  vite: {
    outside: ['vite', 'build', '-c', 'vite.outside.mjs'],
    inside: ['vite', 'build', '-c', 'vite.inside.mjs'],
  },
}

const webpack = (/** @type {string} */ folder, /** @type {string} */ more) => `
module.exports = {
  mode: 'production', target: 'node', entry: './main.mjs',
  output: { path: __dirname + '/${folder}/webpack', filename: 'main.cjs' },${more}
}`
const rollup = (/** @type {string} */ folder, /** @type {string} */ more) => `
import commonjs from '@rollup/plugin-commonjs'
import json from '@rollup/plugin-json'
import { nodeResolve } from '@rollup/plugin-node-resolve'
export default {
  input: 'main.mjs', external: [/^node:/${more}],
  plugins: [nodeResolve(), commonjs(), json()],
  output: { file: '${folder}/rollup/main.cjs', format: 'cjs' },
}`
const vite = (/** @type {string} */ folder, /** @type {string} */ ssr) => `
export default {
  build: {
    ssr: 'main.mjs', outDir: '${folder}/vite',
    rollupOptions: { output: { format: 'cjs', entryFileNames: 'main.cjs' } },
  },
  ssr: { ${ssr} },
}`

const bundlerFiles = {
  'main.mjs': main,
  'webpack.outside.cjs': webpack(
    'outside',
    "\n  externals: { gridmask: 'commonjs gridmask', 'gridmask/baselines': 'commonjs gridmask/baselines' },",
  ),
  'webpack.inside.cjs': webpack('inside', ''),
  'rollup.outside.mjs': rollup('outside', ', /^gridmask/'),
  'rollup.inside.mjs': rollup('inside', ''),
  'vite.outside.mjs': vite('outside', "external: ['gridmask']"),
  'vite.inside.mjs': vite('inside', 'noExternal: true'),
}
const bundlerPackages = [
  'esbuild',
  'webpack',
  'webpack-cli',
  'rollup',
  '@rollup/plugin-commonjs',
  '@rollup/plugin-json',
  '@rollup/plugin-node-resolve',
  'vite',
  'postject',
]

/** @param {Workplace} place @param {Record<string, string>} nodes programs by their names */
export function tryBundlers(place, nodes) {
  const folder = project(place, 'bundlers', bundlerPackages, bundlerFiles)
  const bin = (/** @type {string} */ name) => join(folder, 'node_modules/.bin', name)
  for (const [name, commands] of Object.entries(bundlers)) {
    for (const [where, command] of Object.entries(commands)) {
      const [program, ...args] = /** @type {[string, ...string[]]} */ (command)
      const out = join(folder, where, name)
      if (name === 'esbuild') args.push(`--outfile=${join(out, 'main.cjs')}`)
      const { passed, said } = run(bin(program), args, folder)
      if (!passed) {
        place.report(name, where, false, said)
        continue
      }
      if (where === 'inside') {
        // Not a word of the package is near but its binaries.
        cpSync(join(folder, 'node_modules/gridmask/prebuilds'), join(out, 'prebuilds'), {
          recursive: true,
        })
        const away = join(place.work, `bundle-${name}`)
        cpSync(out, away, { recursive: true })
        place.check(name, 'taken in, prebuilds beside', [process.execPath, 'main.cjs'], away)
      } else {
        place.check(name, 'left outside', [process.execPath, join(out, 'main.cjs')], folder)
      }
    }
  }
  for (const [name, node] of Object.entries(nodes)) tryOneFile(place, folder, name, node)
}

/** Node's single executable, of esbuild's bundle. @param {Workplace} place @param {string} folder @param {string} name @param {string} node */
function tryOneFile(place, folder, name, node) {
  const away = join(place.work, `executable-${name.replaceAll(/\W+/g, '-')}`)
  mkdirSync(away)
  const config = join(away, 'sea.json')
  const blob = join(away, 'app.blob')
  writeFileSync(
    config,
    JSON.stringify({
      main: join(folder, 'inside/esbuild/main.cjs'),
      output: blob,
      disableExperimentalSEAWarning: true,
    }),
  )
  const program = join(away, 'app')
  const made = run(node, ['--experimental-sea-config', config], folder)
  copyFileSync(node, program)
  chmodSync(program, 0o755)
  const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'
  const inject = [program, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse]
  const injected = run(join(folder, 'node_modules/.bin/postject'), inject, folder)
  if (!made.passed || !injected.passed) {
    place.report(name, 'single executable', false, made.said + injected.said)
    return
  }
  cpSync(join(folder, 'node_modules/gridmask/prebuilds'), join(away, 'prebuilds'), {
    recursive: true,
  })
  place.check(name, 'single executable', [program], away)
}

/** Yarn's layout without node_modules. @param {Workplace} place @param {string} yarn its program @param {string} registry */
export function tryPlugAndPlay(place, yarn, registry) {
  const folder = join(place.work, 'pnp')
  mkdirSync(folder)
  copyFileSync(join(root, 'test/runtimes/digest.cjs'), join(folder, 'digest.cjs'))
  writeFileSync(
    join(folder, 'commonjs.cjs'),
    "require('./digest.cjs').digest(require('gridmask')).then(console.log)\n",
  )
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: { gridmask: `file:${place.tarball}` } }),
  )
  writeFileSync(join(folder, 'yarn.lock'), '')
  const env = {
    YARN_NODE_LINKER: 'pnp',
    YARN_ENABLE_SCRIPTS: 'false',
    YARN_ENABLE_TELEMETRY: 'false',
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    YARN_GLOBAL_FOLDER: join(place.work, 'yarn-global'),
    YARN_NPM_REGISTRY_SERVER: registry,
    ...(registry.startsWith('http:')
      ? { YARN_UNSAFE_HTTP_WHITELIST: new URL(registry).hostname }
      : {}),
  }
  const { passed, said } = run(process.execPath, [yarn, 'install'], folder, env)
  if (!passed) place.report("Yarn's Plug'n'Play", 'install', false, said)
  else
    place.check(
      "Yarn's Plug'n'Play",
      'commonjs.cjs',
      [process.execPath, yarn, 'node', 'commonjs.cjs'],
      folder,
      env,
    )
}

/** The oldest compiler that the types are for, and some since. */
const compilers = ['5.2', '5.4', '5.6', '5.8', '7.0.2']

/** @param {Workplace} place @param {(wanted: string) => string} tsc the compiler's program */
export function tryTypes(place, tsc) {
  const folder = project(place, 'types', [], {})
  for (const file of ['values.ts', 'module.mts']) {
    copyFileSync(join(root, 'test/types', file), join(folder, file))
  }
  for (const wanted of compilers) {
    for (const [module, moduleResolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ]) {
      // Old ones report a missing default export differently.
      const files = wanted === compilers.at(-1) ? ['values.ts', 'module.mts'] : ['values.ts']
      const compilerOptions = {
        ...{ module, moduleResolution, noEmit: true, target: 'es2022', lib: ['es2022'], types: [] },
        ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
      }
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
      const { passed, said } = run(process.execPath, [tsc(wanted), '-p', '.'], folder)
      place.report(`TypeScript ${wanted}`, String(moduleResolution), passed, said)
    }
  }
}

/** The binary must not make buffers over its own memory, which Electron refuses. @param {Workplace} place @param {string} folder */
export function lookForExternalBuffers(place, folder) {
  const file = join(folder, 'node_modules/gridmask/prebuilds/linux-x64/gridmask.glibc.node')
  if (!existsSync(file)) return
  const names =
    readFileSync(file)
      .toString('latin1')
      .match(/napi_create_external_\w+/g) ?? []
  place.report('Electron', 'no external buffers', names.length === 0, names.join(' '))
}
