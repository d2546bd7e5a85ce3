// Trains a few epochs in one go, and again with a stop after each. Prints both curves, the hashes of both
// final states, and how many pixels of the batches differ from the definition of GridMask.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deserialize } from 'node:v8'
import { GridMask, linear } from 'gridmask'
import { normalised, readData } from '../../../examples/fashion-mnist/data.mjs'
import { ready } from '../../../examples/fashion-mnist/model.mjs'
import { train } from '../../../examples/fashion-mnist/train.mjs'

const { keepsPixel } = await import(
  new URL('../../../dist/fallback/reference.js', import.meta.url).href
)

const [folder = ''] = process.argv.slice(2)
const gridmask = new GridMask({
  ratio: 0.4,
  unit: [8, 16],
  probability: linear({ to: 0.8, epochs: 3 }),
  seed: 7,
})
const seen = { batches: 0, masked: 0, wrong: 0 }

/** @type {import('../../../examples/fashion-mnist/methods.mjs').Augmentation} */
const watched = {
  apply(images, request) {
    const before = images.slice()
    gridmask.apply(images, request)
    const [count] = request.shape
    const { epoch, index } = request
    const plan = gridmask.plan({ count, epoch, index })
    for (let i = 0; i < count; i++) {
      const keeps = keepsPixel(plan.at(i), [28, 28])
      for (let at = 0; at < 784; at++) {
        const kept = keeps(at % 28, Math.floor(at / 28))
        const expected = kept ? before[i * 784 + at] : 0
        if (images[i * 784 + at] !== expected) seen.wrong++
        if (!kept) seen.masked++
      }
    }
    seen.batches++
  },
}

await ready()
const data = readData({ train: 10, validation: 10, test: 10, trainingSets: 1 })
const raw = /** @type {import('../../../examples/fashion-mnist/data.mjs').Images} */ (
  data.trainingSets[0]
)
/** @param {string} name @param {boolean} stops */
async function trained(name, stops) {
  const checkpoint = join(folder, name)
  for (;;) {
    try {
      const curve = await train({
        key: 'test',
        seed: 3,
        trainingSet: normalised(raw, raw),
        evaluationSet: normalised(data.test, raw),
        augmentation: watched,
        plan: { epochs: 4, batch: 10, learningRate: 0.05, every: 1 },
        checkpoint,
        onEpoch: () => {
          if (stops) throw new Error('stop')
        },
      })
      const { weights, moments } = deserialize(readFileSync(checkpoint)).network
      const hash = createHash('sha256')
      for (const values of weights) hash.update(values)
      for (const { values } of moments) hash.update(values)
      return { curve, state: hash.digest('hex') }
    } catch (error) {
      if (!stops || /** @type {Error} */ (error).message !== 'stop') throw error
    }
  }
}
const whole = await trained('whole.bin', false)
const parts = await trained('parts.bin', true)
console.log(JSON.stringify({ whole, parts, seen }))
