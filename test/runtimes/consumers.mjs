// Programs of users, as files of a project that has the package installed. Each prints a digest.

/** @type {Record<string, string>} */
export const programs = {
  'commonjs.cjs': `
const gridmask = require('gridmask')
require('./digest.cjs').digest(gridmask).then(console.log)
`,
  'module.mjs': `
import { applyPlan, GridMask } from 'gridmask'
import { digest } from './digest.cjs'
console.log(await digest({ GridMask, applyPlan }))
`,
  // Twice a worker ends while its calls are under way, then one is left to answer.
  'worker.cjs': `
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads')
if (isMainThread) {
  const endOne = () => new Promise((resolve) => {
    const worker = new Worker(__filename, { workerData: 'busy' })
    worker.once('message', () => worker.terminate())
    worker.once('exit', resolve)
  })
  endOne().then(endOne).then(() => new Worker(__filename).on('message', console.log))
} else if (workerData === 'busy') {
  const gridmask = new (require('gridmask').GridMask)({ ratio: 0.5, unit: 4 })
  const plan = [{ d: 2, ratio: 0.5, unitProbability: 0.5 }]
  for (let i = 0; i < 5; i++) {
    gridmask.applyAsync(new Uint8Array(2 ** 22), { shape: [1, 1, 2048, 2048], plan })
  }
  parentPort.postMessage('under way')
  setInterval(() => {}, 1000)
} else {
  require('./digest.cjs').digest(require('gridmask')).then((text) => parentPort.postMessage(text))
}
`,
  'typescript.mts': `
import { applyPlan, GridMask, presets, type GridMaskOptions, type Sample } from 'gridmask'
import { digest } from './digest.cjs'

const options: GridMaskOptions = { ...presets.cifar10, seed: 1 }
const sample: Sample | undefined = new GridMask(options).plan({ count: 1 }).at(0)
if (sample === undefined) throw new Error('no sample')
console.log(await digest({ GridMask, applyPlan }))
`,
  'bundled.mjs': `
import { applyPlan, GridMask } from 'gridmask'
import { digest } from './digest.cjs'
digest({ GridMask, applyPlan }).then(console.log)
`,
  'digest.d.cts': `
export function digest(library: unknown): Promise<string>
`,
}
