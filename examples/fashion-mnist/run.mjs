// SPDX-License-Identifier: MIT
//
// GridMask and its relatives on Fashion-MNIST, with few images. README.md says what came of it.
//
//   node examples/fashion-mnist/run.mjs [--quick] [--state FOLDER] [--out FILE]
//
//   --quick  a minute's worth, to see that it runs; its numbers mean nothing
//   --state  where finished runs are kept; the same command goes on from there
//   --out    the results, by default results.json in the state's folder
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import cliProgress from 'cli-progress'
import { normalised, readData } from './data.mjs'
import { methods } from './methods.mjs'
import { LAYERS, ready } from './model.mjs'
import { compare, rank, Store } from './results.mjs'
import { train } from './train.mjs'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    state: { type: 'string' },
    out: { type: 'string' },
  },
})

const full = {
  images: { train: 50, validation: 200, test: 1000 }, // of each class
  training: { epochs: 40, batch: 25, learningRate: 0.02, every: 10 },
  settings: 4,
  selectionSeeds: [101],
  seeds: [1, 2, 3, 4, 5],
}
const quick = {
  images: { train: 10, validation: 20, test: 50 },
  training: { epochs: 6, batch: 10, learningRate: 0.05, every: 3 },
  settings: 2,
  selectionSeeds: [101],
  seeds: [1, 2],
}
const plan = options.quick ? quick : full
const state = options.state ?? `build/fashion-mnist${options.quick ? '-quick' : ''}`
mkdirSync(state, { recursive: true })
const store = new Store(join(state, 'runs.jsonl'))

await ready()
const everySeed = [...plan.selectionSeeds, ...plan.seeds]
const data = readData({ ...plan.images, trainingSets: everySeed.length })

const tried = methods.slice(1).map(({ settings }) => Math.min(settings.length, plan.settings))
const selections = plan.selectionSeeds.length * tried.reduce((sum, count) => sum + count, 0)
const bar = new cliProgress.SingleBar({
  format: '{bar} {percentage} % | {value} of {total} epochs | {eta_formatted} left | {what}',
  noTTYOutput: true,
  notTTYSchedule: 10_000,
  etaBuffer: 200,
})
bar.start((selections + plan.seeds.length * methods.length) * plan.training.epochs, 0, { what: '' })

/** @type {import('./results.mjs').Finished[]} */
const selected = []
for (const seed of plan.selectionSeeds) {
  for (const method of methods.slice(1)) {
    for (const settings of method.settings.slice(0, plan.settings)) {
      selected.push(await finish('selection', method, settings, seed))
    }
  }
}
const selection = methods.slice(1).map(({ name }) => {
  return { method: name, tried: rank(selected.filter(({ method }) => method === name)) }
})

/** @type {import('./results.mjs').Finished[]} */
const tested = []
for (const seed of plan.seeds) {
  for (const method of methods) {
    const chosen = selection.find((s) => s.method === method.name)?.tried[0]?.settings
    tested.push(await finish('test', method, chosen ?? {}, seed))
  }
}
bar.stop()

const results = {
  command: `node examples/fashion-mnist/run.mjs${options.quick ? ' --quick' : ''}`,
  versions: versions(),
  layers: LAYERS,
  plan,
  selection,
  results: compare(tested),
}
const file = options.out ?? join(state, 'results.json')
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
for (const { method, mean, standardError, difference } of results.results) {
  /** @param {number} share */
  const percent = (share) => (100 * share).toFixed(2)
  const beside = `${percent(difference.mean)} ± ${percent(difference.standardError)}`
  console.log(
    `${method.padEnd(16)}${percent(mean)} ± ${percent(standardError)} %, ${beside} to none`,
  )
}
console.log(`written: ${file}`)

/**
 * A run, unless it is in the store already.
 *
 * @param {'selection' | 'test'} stage
 * @param {import('./methods.mjs').Method} method
 * @param {Readonly<Record<string, unknown>>} settings
 * @param {number} seed
 */
async function finish(stage, method, settings, seed) {
  const { images, training } = plan
  const key = JSON.stringify([stage, method.name, settings, seed, LAYERS, images, training])
  const what = `${method.name}, ${stage}, seed ${seed}`
  const finished = store.find(key)
  if (finished) {
    bar.increment(training.epochs, { what })
    return finished
  }
  const raw = /** @type {import('./data.mjs').Images} */ (
    data.trainingSets[everySeed.indexOf(seed)]
  )
  let done = 0
  const curve = await train({
    key,
    seed,
    trainingSet: normalised(raw, raw),
    evaluationSet: normalised(stage === 'test' ? data.test : data.validation, raw),
    augmentation: method.create(settings, seed, training.epochs),
    plan: training,
    checkpoint: join(state, 'checkpoint.bin'),
    onEpoch: (epoch) => {
      bar.increment(epoch - done, { what })
      done = epoch
    },
  })
  return store.add({ key, stage, method: method.name, settings, seed, curve })
}

function versions() {
  const require = createRequire(import.meta.url)
  const names = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm', 'fashion-mnist']
  const found = names.map((name) => {
    return [name, JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')).version]
  })
  const own = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ).version
  return { gridmask: own, ...Object.fromEntries(found), node: process.versions.node }
}
