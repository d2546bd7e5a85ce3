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
  'worker.cjs': `
const { isMainThread, parentPort, Worker } = require('node:worker_threads')
if (isMainThread) {
  new Worker(__filename).on('message', console.log)
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
