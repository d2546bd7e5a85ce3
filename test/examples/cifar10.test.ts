// The training on CIFAR-10: its masks are the package's, its README says what its results say, and, where
// there is PyTorch, it trains, stops, and goes on to the same numbers.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { GridMask, linear, maskOf, presets } from '../../lib/index'
import { root, temporaryFolder } from '../process'

const example = join(root, 'examples/cifar10')
const folder = temporaryFolder('cifar10')
const results = JSON.parse(readFileSync(join(example, 'results.json'), 'utf8'))

function masks(...args: string[]): Buffer {
  const command = [join(example, 'masks.mjs'), ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { maxBuffer: 2 ** 26 })
  expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' })
  return stdout
}

describe('masks.mjs', () => {
  test('writes the masks that the package draws, bit by bit, in the order of the data set', () => {
    const [count, epochs] = [40, 30]
    const written = masks('--seed', '7', '--epochs', `${epochs}`, '--count', `${count}`)
    expect(written.length).toBe(epochs * count * 128)
    const gridmask = new GridMask({
      ...presets.cifar10,
      probability: linear({ to: 0.8, epochs: 28 }),
      seed: 7,
    })
    let masked = 0
    for (let epoch = 0; epoch < epochs; epoch++) {
      const plan = gridmask.plan({ count, epoch, index: 0 })
      for (const [n, sample] of [...plan].entries()) {
        masked += sample.masked ? 1 : 0
        const expected = sample.masked ? maskOf(sample, [32, 32]) : new Uint8Array(1024).fill(1)
        const own = written.subarray((epoch * count + n) * 128, (epoch * count + n + 1) * 128)
        const bits = Uint8Array.from(
          { length: 1024 },
          (_, i) => ((own[i >> 3] as number) >> (i & 7)) & 1,
        )
        expect(Buffer.from(bits).equals(expected)).toBe(true)
      }
    }
    expect(masked / (count * epochs)).toBeCloseTo(0.43, 1)
  })

  test('begins at any epoch', () => {
    const all = masks('--epochs', '5', '--count', '20')
    expect(masks('--epochs', '5', '--count', '20', '--from', '3')).toEqual(
      all.subarray(3 * 20 * 128),
    )
  })
})

test('the README and the picture show the committed results', () => {
  const readme = readFileSync(join(example, 'README.md'), 'utf8')
  const [none, masked] = results.runs
  const [pair] = results.pairs
  expect([none.method, masked.method]).toEqual(['none', 'gridmask'])
  for (const { accuracy, meanOfLastFive, epochs } of [none, masked]) {
    const tested = epochs.flatMap((epoch: { accuracy?: number }) => epoch.accuracy ?? [])
    expect(tested.at(-1)).toBe(accuracy)
    const mean = tested.slice(-5).reduce((sum: number, value: number) => sum + value / 5, 0)
    expect(mean.toFixed(2)).toBe(meanOfLastFive.toFixed(2))
  }
  expect(readme).toContain(`without masks | ${none.accuracy} % | ${none.meanOfLastFive} %`)
  expect(readme).toContain(`GridMask | **${masked.accuracy} %** | ${masked.meanOfLastFive} %`)
  expect(readme).toContain(`**+${pair.difference} ± ${pair.standardError}**`)
  expect(pair.difference).toBeCloseTo(masked.accuracy - none.accuracy, 9)
  expect(pair.difference).toBe((100 * (pair.gained - pair.lost)) / results.settings.testImages)
  expect(readme).toContain(`gained ${pair.gained} and\nlost ${pair.lost}`)
  const front = readFileSync(join(root, 'README.md'), 'utf8')
  expect(front).toContain(
    `${none.accuracy} % | ${masked.accuracy} % | **+${pair.difference} ± ${pair.standardError}**`,
  )

  const picture = readFileSync(join(example, 'accuracy.svg'), 'utf8')
  const copy = join(folder, 'plot')
  mkdirSync(copy)
  writeFileSync(join(copy, 'results.json'), JSON.stringify(results))
  spawnSync(process.execPath, [join(example, 'plot.mjs'), copy], { cwd: root })
  expect(readFileSync(join(copy, 'accuracy.svg'), 'utf8')).toBe(picture)
})

const python = ['python3', '/usr/bin/python3'].find(
  (name) => spawnSync(name, ['-c', 'import torch, numpy']).status === 0,
)
if (python === undefined) {
  console.warn(
    'No Python with PyTorch: the training on CIFAR-10 is not tried. apt-get install python3-torch',
  )
}

;(python === undefined ? test.skip : test)(
  'train.py trains with the masks of Node, stops, and goes on to the same numbers',
  () => {
    const data = join(folder, 'data')
    mkdirSync(data)
    const files = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`)
    for (const [n, name] of [...files, 'test_batch.bin'].entries()) {
      const records = Uint8Array.from({ length: 10 * 3073 }, (_, i) =>
        i % 3073 === 0 ? (i / 3073) % 10 : Math.imul(i + n, 2654435761) >>> 24,
      )
      writeFileSync(join(data, name), records)
    }
    const train = (out: string, ...more: string[]) => {
      const settings = ['--epochs', '3', '--batch', '10', '--width', '2', '--device', 'cpu']
      const script = [join(example, 'train.py'), '--data', data, '--out', join(folder, out)]
      const { status, stdout, stderr } = spawnSync(
        python as string,
        ['-B', ...script, ...settings, '--node', process.execPath, ...more],
        { cwd: root, encoding: 'utf8', env: { ...process.env, OMP_NUM_THREADS: '1' } },
      )
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      return stdout
    }
    const resultsOf = (out: string) =>
      JSON.parse(readFileSync(join(folder, out, 'results.json'), 'utf8'))

    expect(train('whole')).toMatch(/seed 1: [+-]\d+\.\d\d ± \d+\.\d\d points/)
    // Too little time for more than one epoch of the first run.
    expect(train('parts', '--minutes', '1e-6')).toMatch(
      /epoch 1 of 3[\s\S]*The same command goes on/,
    )
    expect(resultsOf('parts').runs).toEqual([])
    train('parts')
    expect(resultsOf('parts')).toEqual(resultsOf('whole'))

    const [none, masked] = resultsOf('whole').runs
    const gridmask = new GridMask({
      ...presets.cifar10,
      probability: linear({ to: 0.8, epochs: (280 / 300) * 3 }),
      seed: 1,
    })
    const shape = [50, 1, 32, 32] as const
    const dropped = [0, 1, 2].map((epoch) => {
      const images = gridmask.apply(new Uint8Array(50 * 1024).fill(1), { shape, epoch, index: 0 })
      return images.filter((value) => value === 0).length / images.length
    })
    expect(none.epochs.every((epoch: object) => !('dropped' in epoch))).toBe(true)
    masked.epochs.forEach((epoch: { dropped: number }, i: number) => {
      expect(epoch.dropped).toBeCloseTo(dropped[i] as number, 3)
    })
  },
  120_000,
)
