// SPDX-License-Identifier: MIT
//
// The masks of a training run, one epoch after another, on standard output.
//
//   node examples/cifar10/masks.mjs --seed 1 --epochs 160 [--from 0] [--count 50000]
//
// A sample takes 128 bytes: 32 rows of 32 pixels, one bit per pixel, the leftmost in the lowest bit of
// the row's first byte, 1 if it is kept. A full pipe pauses this process, so it is never far ahead of
// its reader.
import { parseArgs } from 'node:util'
import { GridMask, linear, presets } from 'gridmask'

const SIDE = 32

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    epochs: { type: 'string' },
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: '50000' },
  },
})
const [seed, epochs, from, count] = [
  wholeNumber('seed'),
  wholeNumber('epochs'),
  wholeNumber('from'),
  wholeNumber('count'),
]

// The authors' probability reaches 0.8 in epoch 280 of 300; here at the same point of the training.
const probability = linear({ to: 0.8, epochs: Math.max(1, (280 / 300) * epochs) })
const gridmask = new GridMask({ ...presets.cifar10, probability, seed })

// The mask of an image of ones is the mask.
const shape = /** @type {[number, number, number, number]} */ ([count, 1, SIDE, SIDE])
const ones = new Uint8Array(count * SIDE * SIDE).fill(1)
const kept = new Uint8Array(ones.length)

// A reader that has seen enough closes the pipe.
process.stdout.on('error', ({ code }) => process.exit(code === 'EPIPE' ? 0 : 1))

for (let epoch = from; epoch < epochs; epoch++) {
  gridmask.apply(ones, { shape, epoch, index: 0, out: kept })
  const bits = packed(kept)
  await new Promise((resolve) => process.stdout.write(bits, resolve))
}

/** @param {keyof typeof values} name */
function wholeNumber(name) {
  const value = Number(values[name])
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} wants a whole number`)
  return value
}

/** Eight pixels to a byte, the first in its lowest bit. @param {Uint8Array} pixels 0 or 1 each */
function packed(pixels) {
  const bytes = new Uint8Array(pixels.length / 8)
  for (let i = 0; i < pixels.length; i++) {
    bytes[i >> 3] = Number(bytes[i >> 3]) | (Number(pixels[i]) << (i & 7))
  }
  return bytes
}
