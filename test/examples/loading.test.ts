// examples/loading: shards together load what one process loads; and what that is.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import { referenceMask } from '../../lib/fallback/reference'
import { linear, normalization, Preprocessor } from '../../lib/index'
import { outputOf, temporaryFolder } from '../process'
import { bytesOf } from '../support'

test('three processes, other batches, an interrupted run: every byte as in one process', () => {
  const stdout = outputOf(['examples/loading/shards.mjs'])
  for (const line of [
    'one process, rank 0 of 1: batches of 8, 8, 8, 8, 8, 8, 8, 6',
    'three processes, rank 2 of 3: batches of 8, 8, 4',
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
    expect(JSON.parse(stdout)).toEqual({ rank: 0, worldSize: 1, sizes: [4, 4, 2] })
    return new Float32Array(Uint8Array.from(readFileSync(out)).buffer)
  }
  beforeAll(() => {
    const write = `import { writeDataset } from './examples/loading/dataset.mjs'
      await writeDataset(process.argv[1], ${COUNT})`
    outputOf(['--input-type=module', '-e', write, folder])
  }, 60_000)

  test('gives each sample the crop, flip and mask of its number in the data set', async () => {
    const loaded = load('--seed', '7', '--epoch', '3')
    const probability = linear({ to: 0.8, epochs: 4 })
    const plan = new Preprocessor({
      size: [SIDE, SIDE],
      crop: 'random',
      flip: 0.5,
      gridmask: { ratio: 0.6, unit: [32, 65], rotate: 360, probability },
      seed: 7,
    }).plan({ epoch: 3, count: COUNT, index: 0, height: SIDE + 32, width: SIDE + 32 })
    expect(new Set(Array.from(plan, ({ masked }) => masked))).toEqual(new Set([true, false]))
    expect(new Set(Array.from(plan, ({ flip }) => flip))).toEqual(new Set([true, false]))
    const { mean, std } = normalization.imagenet as { mean: number[]; std: number[] }
    const plane = SIDE * SIDE
    for (const [i, sample] of [...plan].entries()) {
      const file = join(folder, `${String(i).padStart(4, '0')}.jpg`)
      const source = SIDE + 32
      const pixels = await sharp(file).resize(source, source).removeAlpha().raw().toBuffer()
      const mask = sample.masked ? referenceMask(sample, [SIDE, SIDE]) : undefined
      const expected = Float32Array.from({ length: 3 * plane }, (_, at) => {
        const [channel, pixel] = [Math.floor(at / plane), at % plane]
        if (mask?.[pixel] === 0) return 0
        const [y, x] = [Math.floor(pixel / SIDE), pixel % SIDE]
        const column = sample.left + (sample.flip ? SIDE - 1 - x : x)
        const value = pixels[3 * ((sample.top + y) * source + column) + channel] as number
        const [m, s] = [mean[channel] as number, std[channel] as number]
        return Math.fround(value * Math.fround(1 / (255 * s))) + Math.fround(-m / s)
      })
      const ours = loaded.subarray(i * 3 * plane, (i + 1) * 3 * plane)
      expect(Buffer.compare(bytesOf(ours), bytesOf(expected))).toBe(0)
    }
  }, 60_000)

  test('draws others in another epoch, and with another seed', () => {
    const results = [[], ['--epoch', '3'], ['--seed', '8']].map((args) => load(...args))
    const texts = results.map((values) => Buffer.from(bytesOf(values)).toString('base64'))
    expect(new Set(texts).size).toBe(3)
  }, 60_000)
})
