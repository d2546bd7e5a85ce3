// SPDX-License-Identifier: MIT
//
// GridMask's masks for a training on CIFAR-10, as a stream: what train.py reads.
//
//   node examples/cifar10/masks.mjs --seed 1 --epochs 167 [--from 0] [--count 50000]
//
// For each epoch `count` masks in the order of the data set, 128 bytes each, one bit a pixel: pixel
// 8 · byte + i is bit i, counted from the lowest; rows from the top, columns from the left; 1 is kept. Nothing is
// kept for later: a pipe holds the program back until its reader is ready.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { GridMask, linear, presets } from 'gridmask'

const SIDE = 32

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    epochs: { type: 'string', default: '167' },
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: '50000' },
  },
})
const epochs = Number(options.epochs)
const count = Number(options.count)

// The authors' schedule reaches P after 280 of 300 epochs; a shorter training keeps the proportion.
const probability = linear({ to: 0.8, epochs: (280 / 300) * epochs })
const gridmask = new GridMask({ ...presets.cifar10, probability, seed: BigInt(options.seed) })

const ones = new Uint8Array(count * SIDE * SIDE).fill(1)
const masks = new Uint8Array(ones.length)
process.stdout.on('error', (error) => {
  if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error
  process.exit() // the reader has what it wants
})
for (let epoch = Number(options.from); epoch < epochs; epoch++) {
  gridmask.apply(ones, { shape: [count, 1, SIDE, SIDE], out: masks, epoch, index: 0 })
  if (!process.stdout.write(packed(masks))) await once(process.stdout, 'drain')
}

/** Eight bytes of 0 or 1 become one. @param {Uint8Array} bytes */
function packed(bytes) {
  return Uint8Array.from({ length: bytes.length / 8 }, (_, i) => {
    let bits = 0
    for (let k = 0; k < 8; k++) bits |= Number(bytes[8 * i + k]) << k
    return bits
  })
}
