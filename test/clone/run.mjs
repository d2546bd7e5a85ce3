// npm run test:clone [-- WORD …]
//
// Tries the commands that CONTRIBUTING.md lists, or those whose names hold a WORD, each as the first one
// in a fresh clone of HEAD. Packages are installed and native code is compiled once for all; from then on
// `npm ci` and CMake are replaced by programs that put that result in its place, where a command asks
// for it.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
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

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What makes a command short, for each that is listed. @type {Record<string, string[]>} */
const trials = {
  'npm run demo': [],
  'npm test': ['test/package/workflows.test.ts'],
  'npm run lint': [],
  'npm run format': [],
  'npm run bench': ['--quick'],
  'npm run bench:gpu': ['--quick'],
  'npm run test:native': [],
  'npm run test:sanitize': [],
  'npm run test:gpu': [],
  'npm run train': ['--quick'],
  'npm run build': [],
  'npm run build:page': [],
  'npm run prebuild': [],
  'npm run test:prebuilds': [],
  'npm run test:runtimes': ['--quick'],
  'npm run release:dry': [],
}
/** They would try the others again. */
const untried = ['npm run test:clone', '.ci/run']
/** Without a GPU. */
const refused = { 'npm run test:gpu': /no-driver/ }

const table = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').matchAll(/^\| `([^`]+)` \|/gm)
const listed = Array.from(table, ([, command]) => command ?? '')
const known = [...Object.keys(trials), ...untried]
const forgotten = listed.filter((command) => !known.includes(command))
const gone = known.filter((command) => !listed.includes(command))
if (forgotten.length + gone.length > 0) {
  console.error(`Not tried here: ${forgotten}. Not in CONTRIBUTING.md: ${gone}`)
  process.exit(1)
}

const words = process.argv.slice(2)
const wanted = Object.keys(trials).filter(
  (command) => words.length === 0 || words.some((word) => command.includes(word)),
)
const folder = mkdtempSync(join(tmpdir(), 'gridmask-clone-'))
const [clone, stock, programs] = ['clone', 'stock', 'programs'].map((name) => join(folder, name))
const built = ['Release', 'bench', 'test-driver', 'cuda']

// What this very run has from npm is not there where someone types the first command.
const { npm_config_ignore_scripts: _, ...inherited } = process.env
const folders = (process.env.PATH ?? '').split(delimiter)
const path = folders.filter((it) => !it.includes('node_modules') && !it.includes('node-gyp-bin'))
const env = { ...inherited, PATH: path.join(delimiter), GRIDMASK_CUDA_DRIVER: '/none' }

let failed = false
try {
  run('git', ['clone', '--quiet', root, clone], folder)
  if (output('git', ['status', '--porcelain'], root) !== '') {
    console.log('What is not committed is not in the clone.')
  }
  prepare()
  for (const command of wanted) {
    const started = performance.now()
    const fault = tryFirst(command)
    failed ||= fault !== undefined
    const seconds = ((performance.now() - started) / 1000).toFixed(0)
    console.log(`${fault === undefined ? '✓' : '✗'} ${command} (${seconds} s)${fault ?? ''}`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
process.exit(failed ? 1 : 0)

/** Nothing is replaced yet. */
function prepare() {
  run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], clone)
  if (existsSync(join(clone, 'build'))) {
    console.log('✗ npm ci has compiled what the build compiles again')
    failed = true
  }
  run('npm', ['run', 'build:native'], clone)
  mkdirSync(stock)
  renameSync(join(clone, 'node_modules'), join(stock, 'node_modules'))
  for (const name of built) {
    const from = join(clone, 'build', name)
    if (existsSync(from)) cpSync(from, join(stock, name), { recursive: true })
  }
  mkdirSync(programs)
  program('npm', `[ "$1" = ci ] && exec mv '${stock}/node_modules' .`)
  program(
    'cmake',
    `case " $* " in
      *' --build '*) mkdir -p build; for name in ${built.join(' ')}; do
        if [ -d '${stock}'/$name ]; then cp -a '${stock}'/$name build/; fi; done; exit 0;;
      *' -S '*|*' -G '*) exit 0;;
    esac`,
  )
  program('ctest', 'exit 0')
  env.PATH = [programs, ...path].join(delimiter)
}

/** Stands before the program of that name, and hands over to it what is not its own. */
function program(/** @type {string} */ name, /** @type {string} */ script) {
  const real = output('sh', ['-c', `command -v ${name} || true`], folder).trim()
  const text = `#!/bin/sh\n${script}\nexec '${real}' "$@"\n`
  writeFileSync(join(programs, name), text, { mode: 0o755 })
}

/** @param {string} command @returns {string | undefined} what was wrong */
function tryFirst(command) {
  const installed = join(clone, 'node_modules')
  if (existsSync(installed)) renameSync(installed, join(stock, 'node_modules'))
  run('git', ['clean', '-xdffq'], clone)
  const [name, ...args] = command.split(' ')
  const all = [...args, '--', ...(trials[command] ?? [])]
  const { status, stdout, stderr } = spawnSync(name ?? '', all, {
    cwd: clone,
    encoding: 'utf8',
    env,
    maxBuffer: 2 ** 28,
  })
  const said = `${stdout}${stderr}`
  const refusal = refused[/** @type {keyof refused} */ (command)]
  const right = refusal ? status === 1 && refusal.test(said) : status === 0
  if (!right) return `\n${said.trim().split('\n').slice(-15).join('\n')}`
  const changed = output('git', ['status', '--porcelain'], clone)
  return changed === '' ? undefined : ` changes the clone:\n${changed}`
}

/** @param {string} command @param {string[]} args @param {string} cwd */
function output(command, args, cwd) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', env })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

/** @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  output(command, args, cwd)
}
