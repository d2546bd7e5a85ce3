// Arrays of more than 4 GiB, where Node 20's Buffers and arrays of bytes end. Hardly any of the memory is
// touched: no sample is masked.
import { expect, test } from '@jest/globals'
import { runNode } from '../process'

const run = (program: string) => runNode(['-e', program])

test('applyAsync takes one', () => {
  const outcome = run(`
    const { GridMask } = require('./dist')
    const [n, h, w] = [22000, 224, 224]
    const gridmask = new GridMask({ ratio: 0.5, unit: 100, probability: (epoch) => epoch })
    const images = new Float32Array(n * h * w)
    images[images.length - 1] = 7
    gridmask.applyAsync(images, { shape: [n, 1, h, w] }).then((result) => {
      console.log(images.length, result.byteLength > 2 ** 32, result.at(-1))
      // The last one alone, behind 4 GiB.
      const last = result.subarray(-h * w).fill(7)
      const request = { shape: [1, 1, h, w], epoch: 1, index: 0 }
      const expected = gridmask.apply(last.slice(), request)
      gridmask.apply(last, { ...request, out: last })
      console.log(new Set(last).size, Buffer.compare(Buffer.from(last), Buffer.from(expected)))
    })`)
  expect(outcome).toEqual({ status: 0, stdout: '0 true 7\n2 0\n', stderr: '' })
})

test('a result may be one', () => {
  const outcome = run(`
    const { allocate } = require('./dist/backend/allocate.js')
    const length = 2 ** 30 + 8
    console.log(allocate('Float32Array', length, 4 * length).byteLength > 2 ** 32)`)
  expect(outcome).toEqual({ status: 0, stdout: 'true\n', stderr: '' })
})
