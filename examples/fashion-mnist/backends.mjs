// SPDX-License-Identifier: MIT
//
// The same training steps on TensorFlow.js' two backends for plain Node, each with one thread: images per
// second of processor time, and the largest difference between their losses.
import { normalised, readData } from './data.mjs'
import { Network, ready } from './model.mjs'

const [steps, batch] = [10, 50]
const { trainingSets } = readData({ train: batch / 10, validation: 1, test: 1, trainingSets: 1 })
const [images] = trainingSets.map((raw) => normalised(raw, raw))

const losses = []
for (const backend of ['wasm', 'cpu']) {
  await ready(backend)
  const network = new Network(1)
  const own = []
  let started = process.cpuUsage()
  for (let step = 0; step < 2 * steps; step++) {
    // The first half warms up.
    if (step === steps) started = process.cpuUsage()
    own.push(network.train(/** @type {import('./data.mjs').Images} */ (images), 0.01))
  }
  const { user, system } = process.cpuUsage(started)
  const speed = Math.round((steps * batch) / ((user + system) / 1e6))
  console.log(`${backend.padEnd(5)} ${speed} images/s`)
  losses.push(own)
  network.dispose()
}
const [wasm = [], cpu = []] = losses
const apart = Math.max(...wasm.map((loss, i) => Math.abs(loss - Number(cpu[i]))))
console.log(
  `losses of ${wasm[0]?.toFixed(3)} to ${wasm.at(-1)?.toFixed(3)}, at most ${apart.toExponential(1)} apart`,
)
