// npm run example -- NAME [ARGUMENT …]
//
// Runs an example, after installing the packages that it alone needs.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const examples = fileURLToPath(new URL('.', import.meta.url))
const programOf = (/** @type {string} */ name) => join(examples, name, `${name}.mjs`)

const [name = '', ...args] = process.argv.slice(2)
const names = readdirSync(examples).filter((it) => existsSync(programOf(it)))
if (!names.includes(name)) {
  console.error(`npm run example -- NAME [ARGUMENT …], where NAME is one of ${names.join(', ')}`)
  process.exit(1)
}
const folder = join(examples, name)
if (!isInstalled()) {
  const windows = process.platform === 'win32' // where npm is a .cmd file
  const settings = ['--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', ['install', ...settings], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    shell: windows,
  })
  if (status !== 0) process.exit(status ?? 1)
}
const { status } = spawnSync(process.execPath, [programOf(name), ...args], { stdio: 'inherit' })
process.exit(status ?? 1)

/** Whether each package that the example names is installed in that version. */
function isInstalled() {
  const manifest = join(folder, 'package.json')
  if (!existsSync(manifest)) return true
  /** @type {Record<string, string>} */
  const wanted = readJson(manifest).dependencies
  return Object.entries(wanted).every(([dependency, version]) => {
    const found = join(folder, 'node_modules', dependency, 'package.json')
    return existsSync(found) && (version.startsWith('file:') || readJson(found).version === version)
  })
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}
