// SPDX-License-Identifier: MIT
//
// One seed's runs again, with the chosen settings, compared with results.json:
//
//   node examples/fashion-mnist/repeat.mjs SEED [METHOD …]
//
// Ends with status 1 if an accuracy differs. Each run takes some ten seconds.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { normalised, readData } from './data.mjs'
import { methods } from './methods.mjs'
import { ready } from './model.mjs'
import { train } from './train.mjs'

const { plan, comparisons } = JSON.parse(
  readFileSync(new URL('results.json', import.meta.url), 'utf8'),
)
const [{ epochs, seeds, results }] = comparisons
const [seedText, ...names] = process.argv.slice(2)
const seed = Number(seedText)
if (!seeds.includes(seed)) {
  console.error(`Expected a seed out of ${seeds.join(', ')}, but received ${seedText}`)
  process.exit(2)
}

await ready()
// In the order of the whole run, which determines each seed's images.
const everySeed = [...new Set([...plan.selection.seeds, ...seeds])]
const data = readData({ ...plan.images, trainingSets: everySeed.length })
const raw = /** @type {import('./data.mjs').Images} */ (data.trainingSets[everySeed.indexOf(seed)])
const folder = mkdtempSync(join(tmpdir(), 'fashion-mnist-'))

for (const { method: name, settings, test } of results) {
  const method = methods.find((each) => each.name === name)
  if (method === undefined || (names.length > 0 && !names.includes(name))) continue
  const curve = await train({
    key: name,
    seed,
    trainingSet: normalised(raw, raw),
    evaluationSet: normalised(data.test, raw),
    augmentation: method.create(settings, seed, epochs),
    plan: { epochs, ...plan.training, every: Math.ceil(epochs / 4) },
    checkpoint: join(folder, 'checkpoint.bin'),
    onEpoch: () => {},
  })
  const accuracy = Number(curve.at(-1)?.evaluation)
  const committed = test[seeds.indexOf(seed)]
  const percent = [accuracy, committed].map((share) => (100 * share).toFixed(2))
  console.log(`${name.padEnd(16)} ${percent[0]} %, in results.json ${percent[1]} %`)
  if (accuracy !== committed) process.exitCode = 1
}
rmSync(folder, { recursive: true })
