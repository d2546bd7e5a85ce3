// The sheet of examples/cifar: each panel is the picture next to it, padded, cropped, mirrored and masked as
// the plan of its epoch says.
import { join } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'
import sharp from 'sharp'
import { referenceMask } from '../../lib/fallback/reference'
import { Preprocessor, presets } from '../../lib/index'
import { outputOf, root, temporaryFolder } from '../process'

const [SIDE, SCALE, PADDING, COUNT] = [32, 4, 4, 8]
const EPOCHS = [0, 40, 80, 120, 160, 200, 240, 280]
/** What is 0 in a batch normalised for CIFAR-10. */
const FILL = [0.4914, 0.4822, 0.4465].map((mean) => Math.round(255 * mean)).join()

const file = join(temporaryFolder('cifar'), 'new', 'epochs.png')
let sheet: { data: Buffer; info: { width: number; height: number } }

async function pixelsOf(path: string) {
  return sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true })
}

beforeAll(async () => {
  expect(outputOf(['examples/cifar/cifar.mjs', '--out', file])).toBe(`${file}\n`)
  sheet = await pixelsOf(file)
}, 60_000)

/** A panel's pixel, which is shown as SCALE × SCALE of them. */
function shown(row: number, column: number, y: number, x: number): string {
  const left = 48 + column * (SCALE * SIDE + 16) + SCALE * x
  const top = 254 + row * (SCALE * SIDE + 38) + SCALE * y
  const at = (top * sheet.info.width + left) * 3
  const colour = sheet.data.subarray(at, at + 3)
  for (let i = 0; i < SCALE ** 2; i++) {
    const other = at + (Math.floor(i / SCALE) * sheet.info.width + (i % SCALE)) * 3
    if (!sheet.data.subarray(other, other + 3).equals(colour)) return 'of several colours'
  }
  return colour.join()
}

test('each panel is the original, moved, mirrored and masked by its plan', () => {
  const preprocessor = new Preprocessor({
    size: [SIDE, SIDE],
    padding: PADDING,
    crop: 'random',
    flip: 0.5,
    gridmask: presets.cifar10,
    seed: 42,
  })
  const seen = { masked: 0, flipped: 0 }
  let wrong = 0
  const all = Array.from({ length: SIDE }, (_, i) => i)
  const originals = Array.from({ length: COUNT }, (_, row) =>
    all.map((y) => all.map((x) => shown(row, 0, y, x))),
  )
  expect(new Set(originals.flat(2)).size).toBeGreaterThan(1000)
  for (const [i, epoch] of EPOCHS.entries()) {
    const plan = preprocessor.plan({ count: COUNT, epoch, index: 0, height: SIDE, width: SIDE })
    for (const [row, sample] of [...plan].entries()) {
      seen.masked += Number(sample.masked)
      seen.flipped += Number(sample.flip)
      const mask = sample.masked ? referenceMask(sample, [SIDE, SIDE]) : undefined
      for (let y = 0; y < SIDE; y++) {
        for (let x = 0; x < SIDE; x++) {
          const [sourceY, sourceX] = [
            sample.top + y - PADDING,
            sample.left + (sample.flip ? SIDE - 1 - x : x) - PADDING,
          ]
          const outside = Math.min(sourceY, sourceX) < 0 || Math.max(sourceY, sourceX) >= SIDE
          const source = outside ? '0,0,0' : originals[row]?.[sourceY]?.[sourceX]
          const expected = mask?.[y * SIDE + x] === 0 ? FILL : source
          if (shown(row, i + 1, y, x) !== expected) wrong++
        }
      }
    }
  }
  expect(wrong).toBe(0)
  expect(seen.masked).toBeGreaterThan(20)
  expect(seen.flipped).toBeGreaterThan(20)
})

test('the committed picture is this one, with fewer colours', async () => {
  const { data, info } = await pixelsOf(join(root, 'examples/cifar/epochs.png'))
  expect(info).toMatchObject({ width: sheet.info.width, height: sheet.info.height })
  const far = data.filter((value, i) => Math.abs(value - (sheet.data[i] as number)) >= 64)
  expect(far).toHaveLength(0)
})
