// SPDX-License-Identifier: MIT
//
// The same steps of training on TensorFlow.js' two backends for plain Node, both of one thread: how
// many images a second of processor time, and how far their losses are apart in the end.
import { normalised, readData } from './data.mjs'
import { Network, ready } from './model.mjs'

const [steps, batch] = [5, 50]
const { trainingSets } = readData({ train: batch / 10, validation: 1, test: 1, trainingSets: 1 })
const [images] = trainingSets.map((raw) => normalised(raw, raw))

const losses = []
for (const backend of ['wasm', 'cpu']) {
  await ready(backend)
  const network = new Network(1)
  let [loss, started] = [0, process.cpuUsage()]
  for (let step = 0; step < 2 * steps; step++) {
    // The first half warms up.
    if (step === steps) started = process.cpuUsage()
    loss = network.train(/** @type {import('./data.mjs').Images} */ (images), 0.01)
  }
  const { user, system } = process.cpuUsage(started)
  const speed = Math.round((steps * batch) / ((user + system) / 1e6))
  console.log(`${backend.padEnd(5)} ${speed} images/s, loss ${loss.toFixed(6)}`)
  losses.push(loss)
  network.dispose()
}
console.log(`difference ${Math.abs(Number(losses[0]) - Number(losses[1])).toExponential(1)}`)
