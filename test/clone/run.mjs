// npm run test:clone [-- WORD …]
//
// Tries the commands that CONTRIBUTING.md lists, or those whose names contain a WORD, each as the first
// one in a fresh clone of HEAD. Packages are installed and native code is compiled only once; after that,
// `npm ci`, cmake-js and CMake are replaced by programs that copy that result when a command needs it.
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What makes each command short. */
const trials = new Map([
  ['npm run demo', []],
  ['npm test', ['test/package/workflows.test.ts']],
  ['npm run test:core', ['-t', 'there are 400 of them']],
  ['npm run lint', []],
  ['npm run format', []],
  ['npm run bench', ['--quick']],
  ['npm run bench:gpu', ['--quick']],
  ['npm run test:native', []],
  ['npm run test:sanitize', []],
  ['npm run test:gpu', []],
  ['npm run example', ['cifar']],
  ['npm run train', ['--quick']],
  ['npm run build', []],
  ['npm run build:page', []],
  ['npm run prebuild', []],
  ['npm run test:prebuilds', []],
  ['npm run test:runtimes', ['--quick']],
  ['npm run release:dry', []],
])
/** They would try the others again, or install what the stock here lacks: .ci/run tries those. */
const untried = ['npm run test:clone', 'npm run docs', 'npm run test:docs', '.ci/run']
/** Without a GPU. */
const refusals = new Map([['npm run test:gpu', /no-driver/]])

const root = fileURLToPath(new URL('../../', import.meta.url))
const table = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').matchAll(/^\| `([^`]+)` \|/gm)
const listed = Array.from(table, ([, command]) => command ?? '')
const known = [...trials.keys(), ...untried]
const forgotten = listed.filter((command) => !known.includes(command))
const gone = known.filter((command) => !listed.includes(command))
if (forgotten.length + gone.length > 0) {
  console.error(`Not tried here: ${forgotten}. Not in CONTRIBUTING.md: ${gone}`)
  process.exit(1)
}

const words = process.argv.slice(2)
const wanted = [...trials].filter(
  ([command]) => words.length === 0 || words.some((word) => command.includes(word)),
)
const folder = mkdtempSync(join(tmpdir(), 'gridmask-clone-'))
const clone = join(folder, 'clone')
const stock = join(folder, 'stock')
const programs = join(folder, 'programs')

// What npm sets for this run is not set when someone types the first command.
const { npm_config_ignore_scripts: _, ...inherited } = process.env
const folders = (process.env.PATH ?? '').split(delimiter)
const path = folders.filter((it) => !it.includes('node_modules') && !it.includes('node-gyp-bin'))
const env = { ...inherited, PATH: path.join(delimiter), GRIDMASK_CUDA_DRIVER: '/none' }

let failed = false
try {
  run('git', ['clone', '--quiet', root, clone], folder)
  if (run('git', ['status', '--porcelain'], root) !== '') {
    console.log('What is not committed is not in the clone.')
  }
  report('npm ci', () => {
    run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], clone)
    return existsSync(join(clone, 'build')) ? ' has compiled what other commands compile' : ''
  })
  report('npm run build:native', () => {
    run('npm', ['run', 'build:native'], clone)
    return ''
  })
  replacePrograms()
  for (const [command, args] of wanted) report(command, () => tryFirst(command, args))
} finally {
  rmSync(folder, { recursive: true })
}
process.exit(failed ? 1 : 0)

/** @param {string} name @param {() => string} attempt returns what was wrong */
function report(name, attempt) {
  const started = performance.now()
  const fault = attempt()
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  console.log(`${fault === '' ? '✓' : '✗'} ${name} (${seconds} s)${fault}`)
  failed ||= fault !== ''
}

function replacePrograms() {
  mkdirSync(stock)
  renameSync(join(clone, 'build'), join(stock, 'build'))
  const modules = join(clone, 'node_modules')
  const copy = `#!/usr/bin/env node
    const { cpSync } = require('node:fs')
    const at = process.argv.indexOf('--directory') + 1
    const target = at > 0 ? process.argv[at] : process.cwd()
    for (const name of ['Release', 'bench', 'test-driver', 'cuda']) {
      const from = ${JSON.stringify(join(stock, 'build'))} + '/' + name
      if (require('node:fs').existsSync(from)) cpSync(from, target + '/build/' + name, { recursive: true })
    }`
  writeFileSync(join(modules, 'cmake-js/bin/cmake-js'), copy)
  renameSync(modules, join(stock, 'node_modules'))

  mkdirSync(programs)
  const npm = run('sh', ['-c', 'command -v npm'], folder).trim()
  const scripts = {
    npm: `if [ "$1" = ci ]; then mv '${stock}/node_modules' .; else exec '${npm}' "$@"; fi`,
    cmake: '',
    ctest: '',
  }
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
  env.PATH = [programs, ...path].join(delimiter)
}

/** @param {string} command @param {string[]} more */
function tryFirst(command, more) {
  const installed = join(clone, 'node_modules')
  if (existsSync(installed)) renameSync(installed, join(stock, 'node_modules'))
  run('git', ['clean', '-xdffq'], clone)
  const [name = '', ...args] = command.split(' ')
  const options = { cwd: clone, env, encoding: 'utf8', maxBuffer: 2 ** 28 }
  const { status, stdout, stderr } = spawnSync(
    name,
    [...args, '--', ...more],
    /** @type {import('node:child_process').SpawnSyncOptionsWithStringEncoding} */ (options),
  )
  const said = `${stdout}${stderr}`.trim()
  const refusal = refusals.get(command)
  const right = refusal === undefined ? status === 0 : status === 1 && refusal.test(said)
  if (!right) return `\n${said.split('\n').slice(-20).join('\n')}`
  const changed = run('git', ['status', '--porcelain'], clone)
  return changed === '' ? '' : ` changes the clone:\n${changed}`
}

/** What a command prints; it must end well. @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', env })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}
