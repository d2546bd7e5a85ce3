// SPDX-License-Identifier: MIT
//
// GridMask and its relatives on Fashion-MNIST, with few images. README.md has the results.
//
//   node examples/fashion-mnist/run.mjs [--quick] [--state FOLDER] [--out FILE]
//
//   --quick  takes a minute, to see that it runs; its numbers mean nothing
//   --state  where finished runs are kept; the same command continues from there
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
  training: { batch: 25, learningRate: 0.02 },
  selection: { settings: 4, epochs: 40, seeds: [101] },
  comparisons: [
    { epochs: 40, seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
    { epochs: 120, seeds: [1, 2, 3, 4, 5] },
  ],
}
const quick = {
  images: { train: 10, validation: 20, test: 50 },
  training: { batch: 10, learningRate: 0.05 },
  selection: { settings: 2, epochs: 6, seeds: [101] },
  comparisons: [{ epochs: 6, seeds: [1, 2] }],
}
const plan = options.quick ? quick : full
const state = options.state ?? `build/fashion-mnist${options.quick ? '-quick' : ''}`
mkdirSync(state, { recursive: true })
const store = new Store(join(state, 'runs.jsonl'))

await ready()
const everySeed = [...new Set([plan.selection, ...plan.comparisons].flatMap(({ seeds }) => seeds))]
const data = readData({ ...plan.images, trainingSets: everySeed.length })

const tried = methods.slice(1).flatMap((method) => {
  return method.settings.slice(0, plan.selection.settings).map((settings) => ({ method, settings }))
})
const bar = new cliProgress.SingleBar({
  format: '{bar} {percentage} % | {value} of {total} epochs | {eta_formatted} left | {what}',
  // The terminal keeps its settings if someone ends this.
  linewrap: true,
  noTTYOutput: true,
  notTTYSchedule: 10_000,
  etaBuffer: 200,
})
const total = [
  plan.selection.epochs * plan.selection.seeds.length * tried.length,
  ...plan.comparisons.map(({ epochs, seeds }) => epochs * seeds.length * methods.length),
].reduce((sum, epochs) => sum + epochs)
bar.start(total, 0, { what: '' })

/** @type {import('./results.mjs').Finished[]} */
const selected = []
for (const seed of plan.selection.seeds) {
  for (const { method, settings } of tried) {
    selected.push(await finish('selection', method, settings, seed, plan.selection.epochs))
  }
}
const selection = methods.slice(1).map(({ name }) => {
  return { method: name, tried: rank(selected.filter(({ method }) => method === name)) }
})

const comparisons = []
for (const { epochs, seeds } of plan.comparisons) {
  const tested = []
  for (const seed of seeds) {
    for (const method of methods) {
      const chosen = selection.find((s) => s.method === method.name)?.tried[0]?.settings
      tested.push(await finish('test', method, chosen ?? {}, seed, epochs))
    }
  }
  comparisons.push({ epochs, seeds, results: compare(tested) })
}
bar.stop()

const results = {
  command: `node examples/fashion-mnist/run.mjs${options.quick ? ' --quick' : ''}`,
  versions: versions(),
  layers: LAYERS,
  plan,
  selection,
  comparisons,
}
const file = options.out ?? join(state, 'results.json')
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
for (const { epochs, results } of comparisons) {
  console.log(`${epochs} epochs`)
  for (const { method, mean, standardError, difference } of results) {
    /** @param {number} share */
    const percent = (share) => (100 * share).toFixed(2)
    const beside = `${percent(difference.mean)} ± ${percent(difference.standardError)}`
    console.log(
      `  ${method.padEnd(16)}${percent(mean)} ± ${percent(standardError)} %, ${beside} to none`,
    )
  }
}
console.log(`written: ${file}`)

/**
 * A run, unless it is already in the store.
 *
 * @param {'selection' | 'test'} stage
 * @param {import('./methods.mjs').Method} method
 * @param {Readonly<Record<string, unknown>>} settings
 * @param {number} seed
 * @param {number} epochs
 */
async function finish(stage, method, settings, seed, epochs) {
  const { images } = plan
  const training = { epochs, ...plan.training, every: Math.ceil(epochs / 4) }
  const key = JSON.stringify([stage, method.name, settings, seed, LAYERS, images, training])
  const what = `${method.name}, ${stage}, ${epochs} epochs, seed ${seed}`
  const finished = store.find(key)
  if (finished) {
    bar.increment(epochs, { what })
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
    augmentation: method.create(settings, seed, epochs),
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
