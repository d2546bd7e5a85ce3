// npm run test:prebuilds
//
// Inspects every prebuilt binary that exists, loads this platform's, and compares its results with the
// authors' masks and with the definition.
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
import { check, fileOf, isNative, nameOf, targets } from '../../native/scripts/prebuilds.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const TIMEOUT_MS = 300_000

let failed = false
const rows = targets.map((target) => {
  const name = nameOf(target)
  const own = isNative(target)
  if (!existsSync(join(root, fileOf(target)))) {
    // Others may be made elsewhere.
    failed ||= own
    return [name, 'not there', '', '']
  }
  const { bytes, faults, tooNew } = check(target)
  failed ||= faults.length > 0
  const fine = tooNew.length === 0 ? 'as it must be' : `not for releases: ${tooNew.join('; ')}`
  const found = faults.length === 0 ? `${bytes} bytes, ${fine}` : faults.join('; ')
  if (!own) return [name, 'not for here', found, '']
  const outcome = runHere(target)
  failed ||= !outcome.passed
  return [name, outcome.passed ? 'ran ✓' : 'ran ✗', found, outcome.text]
})
printTable(['', '', '', ''], rows)
process.exit(failed ? 1 : 0)

/** @param {import('../../native/scripts/prebuilds.mjs').Target} target */
function runHere(target) {
  const folder = mkdtempSync(join(tmpdir(), 'gridmask-prebuilds-'))
  try {
    for (const path of ['package.json', 'dist'])
      cpSync(join(root, path), join(folder, path), { recursive: true })
    mkdirSync(dirname(join(folder, fileOf(target))), { recursive: true })
    copyFileSync(join(root, fileOf(target)), join(folder, fileOf(target)))
    copyFileSync(join(root, 'test/prebuilds/verify.cjs'), join(folder, 'verify.cjs'))
    copyFileSync(join(root, 'test/golden/authors-masks.json.gz'), join(folder, 'masks.gz'))
    const { stdout, stderr, signal } = spawnSync(
      process.execPath,
      ['verify.cjs', 'masks.gz', 'result.json'],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, GRIDMASK_CUDA_DRIVER: '' },
        timeout: TIMEOUT_MS,
      },
    )
    const result = join(folder, 'result.json')
    if (!existsSync(result)) {
      const lines = `${stdout}\n${stderr}`.trim().split('\n')
      const text = signal ?? lines.find((line) => /Error/.test(line)) ?? lines[0] ?? ''
      return { passed: false, text }
    }
    const found = JSON.parse(readFileSync(result, 'utf8'))
    const wrongs = [found.wrongMasks, found.wrongBatches, found.wrongOthers]
    const right = wrongs.every((count) => count === 0)
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
