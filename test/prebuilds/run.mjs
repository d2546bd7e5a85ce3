// npm run test:prebuilds
//
// Loads every prebuilt binary with a program of its own platform and compares what it makes with the
// authors' masks and with the definition. What can't be run here is inspected, and said to be no more.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { printTable } from '../../bench/text.mjs'
import { check } from '../../native/scripts/check-prebuilds.mjs'
import { fileOf, isNative, nameOf, targets } from '../../native/scripts/targets.mjs'
import { hostOf } from './hosts.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const TIMEOUT_MS = 300_000

let failed = false
const rows = targets.map((target) => {
  const { bytes, faults } = check(target)
  const inspected = faults.length === 0 ? `${bytes} bytes, as it must be` : faults.join('; ')
  if (!existsSync(join(root, fileOf(target)))) {
    // Others may be made elsewhere; this platform's own is what is to be run.
    failed ||= isNative(target)
    return [nameOf(target), 'not there', '', '']
  }
  failed ||= faults.length > 0
  const host = hostOf(target)
  if ('missing' in host) return [nameOf(target), 'inspected only', inspected, host.missing]
  const outcome = runOn(host, target)
  failed ||= !outcome.passed
  return [nameOf(target), outcome.passed ? 'ran ✓' : 'ran ✗', inspected, outcome.text]
})
printTable(['', '', '', ''], rows)
process.exit(failed ? 1 : 0)

/**
 * @param {import('./hosts.mjs').Host} host
 * @param {import('../../native/scripts/targets.mjs').Target} target
 */
function runOn({ command, env }, target) {
  const folder = mkdtempSync(join(tmpdir(), 'gridmask-prebuilds-'))
  try {
    for (const path of ['package.json', 'dist'])
      cpSync(join(root, path), join(folder, path), { recursive: true })
    mkdirSync(dirname(join(folder, fileOf(target))), { recursive: true })
    copyFileSync(join(root, fileOf(target)), join(folder, fileOf(target)))
    copyFileSync(join(root, 'test/prebuilds/verify.cjs'), join(folder, 'verify.cjs'))
    copyFileSync(join(root, 'test/golden/authors-masks.json.gz'), join(folder, 'masks.gz'))
    const [program, ...args] = /** @type {[string, ...string[]]} */ (command)
    // What it finds goes to a file: not every host here has a console.
    const { stdout, stderr, signal } = spawnSync(
      program,
      [...args, 'verify.cjs', 'masks.gz', 'result.json'],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, ...env, GRIDMASK_CUDA_DRIVER: '' },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: TIMEOUT_MS,
      },
    )
    const result = join(folder, 'result.json')
    if (!existsSync(result)) {
      const lines = `${stdout}\n${stderr}`.trim().split('\n')
      return {
        passed: false,
        text: signal ?? lines.find((line) => /Error/.test(line)) ?? lines[0] ?? '',
      }
    }
    const found = JSON.parse(readFileSync(result, 'utf8'))
    const expected = `${target.os}-${target.cpu}`
    const wrongs = [found.wrongMasks, found.wrongBatches, found.wrongOthers]
    const right = found.platform === expected && wrongs.every((count) => count === 0)
    const wrong = right ? '' : `, wrong: ${wrongs.join(', ')}`
    return {
      passed: right,
      text:
        `${found.host}, ${found.platform}, ${found.instructionSet}: ` +
        `${found.masks} masks, ${found.batches + found.others} batches${wrong}; ` +
        `CUDA: ${found.cuda ?? 'available'}`,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
