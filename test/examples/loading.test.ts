// examples/loading: what shards load together is what one process loads, and what that is.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import { referenceMask } from '../../lib/fallback/reference'
import { GridMask, linear } from '../../lib/index'
import { outputOf, temporaryFolder } from '../process'
import { bytesOf } from '../support'

test('three processes, other batches, an interrupted run: every byte as in one process', () => {
  const stdout = outputOf(['examples/loading/shards.mjs'])
  for (const line of [
    'one process, shard 0: batches of 8, 8, 8, 8, 8, 8, 8, 6',
    'three processes, shard 2: batches of 8, 8, 4',
    'three processes: every byte as in one process',
    'other batches: every byte as in one process',
    'interrupted: every byte as in one process',
  ]) {
    expect(stdout.split('\n')).toContain(line)
  }
}, 120_000)

describe('one process', () => {
  const COUNT = 10
  const SIDE = 96
  const folder = temporaryFolder('loading')
  const load = (...args: string[]) => {
    const out = join(folder, 'out')
    writeFileSync(out, Buffer.alloc(COUNT * 3 * SIDE * SIDE * 4))
    const common = ['--data', folder, '--out', out, '--count', String(COUNT), '--batch', '4']
    const stdout = outputOf(['examples/loading/shard.mjs', ...common, ...args])
    expect(JSON.parse(stdout)).toEqual({ shard: 0, sizes: [4, 4, 2] })
    return new Float32Array(Uint8Array.from(readFileSync(out)).buffer)
  }
  beforeAll(() => {
    const write = `import { writeDataset } from './examples/loading/dataset.mjs'
      await writeDataset(process.argv[1], ${COUNT})`
    outputOf(['--input-type=module', '-e', write, folder])
  }, 60_000)

  test('gives each sample the mask of its number in the data set', async () => {
    const loaded = load('--seed', '7', '--epoch', '3')
    const gridmask = new GridMask({
      ratio: 0.6,
      unit: [32, 65],
      rotate: 360,
      probability: linear({ to: 0.8, epochs: 4 }),
      seed: 7,
    })
    const plan = gridmask.plan({ epoch: 3, count: COUNT, index: 0 })
    expect(new Set(Array.from(plan, ({ masked }) => masked))).toEqual(new Set([true, false]))
    const plane = SIDE * SIDE
    for (const [i, sample] of [...plan].entries()) {
      const file = join(folder, `${String(i).padStart(4, '0')}.jpg`)
      const pixels = await sharp(file).resize(SIDE, SIDE).removeAlpha().raw().toBuffer()
      const mask = sample.masked ? referenceMask(sample, [SIDE, SIDE]) : undefined
      const expected = Float32Array.from({ length: 3 * plane }, (_, at) => {
        const [channel, pixel] = [Math.floor(at / plane), at % plane]
        if (mask?.[pixel] === 0) return 0
        const [mean, deviation] = [
          [0.485, 0.229],
          [0.456, 0.224],
          [0.406, 0.225],
        ][channel] as [number, number]
        return ((pixels[3 * pixel + channel] as number) / 255 - mean) / deviation
      })
      const ours = loaded.subarray(i * 3 * plane, (i + 1) * 3 * plane)
      expect(Buffer.compare(bytesOf(ours), bytesOf(expected))).toBe(0)
    }
  }, 60_000)

  test('masks anew in another epoch, and with another seed', () => {
    const results = [[], ['--epoch', '3'], ['--seed', '8']].map((args) => load(...args))
    const texts = results.map((values) => Buffer.from(bytesOf(values)).toString('base64'))
    expect(new Set(texts).size).toBe(3)
  }, 60_000)
})
