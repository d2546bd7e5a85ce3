// The training on CIFAR-10: the masks that Node hands over, and, where PyTorch is at hand, that a run goes
// on after a kill as if there had been none, on images made here.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { GridMask, linear, maskOf, presets } from '../../lib/index'
import { root, temporaryFolder } from '../process'

const folder = temporaryFolder('cifar10')
const example = join(root, 'examples/cifar10')
const [seed, epochs, count] = [3, 4, 50]
const gridmask = new GridMask({
  ...presets.cifar10,
  seed,
  probability: linear({ to: 0.8, epochs: (280 / 300) * epochs }),
})

/** What a run of `epochs` gets from masks.mjs, from epoch `from` on. */
function masksFrom(from: number): Uint8Array {
  const options = { seed, epochs, from, count }
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  const { status, stdout } = spawnSync(process.execPath, [join(example, 'masks.mjs'), ...words])
  expect(status).toBe(0)
  return stdout
}

test('masks.mjs writes the bits of every mask, and the same ones from the middle on', () => {
  const bytes = masksFrom(0)
  expect(bytes).toHaveLength(epochs * count * 128)
  const pixels = Uint8Array.from({ length: 8 * bytes.length }, (_, i) => {
    return (Number(bytes[i >> 3]) >> (i & 7)) & 1
  })
  const masked = []
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const [i, sample] of [...gridmask.plan({ count, epoch, index: 0 })].entries()) {
      const expected = sample.masked ? maskOf(sample, [32, 32]) : new Uint8Array(1024).fill(1)
      const at = 1024 * (epoch * count + i)
      expect(pixels.subarray(at, at + 1024)).toEqual(expected)
      masked.push(sample.masked)
    }
  }
  expect(masked.filter(Boolean).length).toBeGreaterThan(20)
  expect(Buffer.compare(masksFrom(2), bytes.subarray(2 * count * 128))).toBe(0)
})

const python = ['python3', '/usr/bin/python3'].find((command) => {
  return spawnSync(command, ['-c', 'import torch, numpy']).status === 0
})
const withTorch = python ? test : test.skip

withTorch('a run that was killed ends with the curve of one that was not', async () => {
  const data = join(folder, 'data')
  mkdirSync(data)
  const names = ['test_batch.bin', ...[1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`)]
  for (const [i, name] of names.entries()) writeFileSync(join(data, name), records(50, i))
  const commandFor = (out: string) => {
    const options = { data, epochs, out, seeds: seed, batch: 25, width: 4, every: 1 }
    const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
    return [join(example, 'train.py'), ...words, '--node', process.execPath]
  }
  const whole = join(folder, 'whole')
  const { status, stderr } = spawnSync(String(python), commandFor(whole), { encoding: 'utf8' })
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })

  const parts = join(folder, 'parts')
  const stopped = spawn(String(python), commandFor(parts))
  let seen = ''
  for await (const chunk of stopped.stdout) {
    seen += chunk
    if (seen.includes('gridmask, seed 3: epoch 2')) break
  }
  stopped.kill('SIGKILL')
  if (stopped.exitCode === null && stopped.signalCode === null) await once(stopped, 'exit')
  expect(spawnSync(String(python), commandFor(parts)).status).toBe(0)

  const [expected, received] = [whole, parts].map((out) => {
    const [run] = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')).seeds
    return [run.none.curve, run.gridmask.curve, run.paired]
  })
  expect(received).toEqual(expected)
  // Of all 250 training images, what the package says of them.
  const dropped = expected?.[1].map(({ dropped }: { dropped: number }) => dropped)
  for (let epoch = 0; epoch < epochs; epoch++) {
    let kept = 0
    for (const sample of gridmask.plan({ count: 250, epoch, index: 0 })) {
      kept += sample.masked ? maskOf(sample, [32, 32]).reduce((sum, bit) => sum + bit, 0) : 1024
    }
    expect(dropped[epoch]).toBeCloseTo(1 - kept / (250 * 1024), 6)
  }
})

/** Records of the data set's binary version: a label, and planes of one grey that tells it. */
function records(count: number, salt: number): Uint8Array {
  const bytes = new Uint8Array(3073 * count)
  for (let i = 0; i < count; i++) {
    const label = (7 * i + salt) % 10
    bytes.fill(25 * label, 3073 * i, 3073 * (i + 1))
    bytes[3073 * i] = label
  }
  return bytes
}
