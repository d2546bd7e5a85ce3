// `npm run demo`, run as a newcomer would: on its own photographs, on the user's, and on other files.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import { root, runNode, temporaryFolder } from '../process'
import { brightNoise } from '../support'

const folder = temporaryFolder('demo')

const SIDE = 224
const PITCH = 240
/** 0 in a batch normalised for ImageNet: the mean colour. */
const FILL = [124, 116, 104]

function demo(args: string[], env: Record<string, string> = {}) {
  return runNode(['examples/demo.mjs', ...args], { env })
}

interface Pixels {
  data: Buffer
  width: number
  height: number
}

async function pixelsOf(file: string): Promise<Pixels> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  expect(info.channels).toBe(3)
  return { data, width: info.width, height: info.height }
}

function crop({ data, width }: Pixels, x: number, y: number, w: number, h: number): Buffer {
  const row = (i: number) => data.subarray(((y + i) * width + x) * 3, ((y + i) * width + x + w) * 3)
  return Buffer.concat(Array.from({ length: h }, (_, i) => row(i)))
}

/** Where a picture of SIDE × SIDE is in a sheet, pixel by pixel. */
function findAll(sheet: Pixels, picture: Buffer): { x: number; y: number }[] {
  const found = []
  const firstRow = picture.subarray(0, SIDE * 3)
  for (let at = sheet.data.indexOf(firstRow); at >= 0; at = sheet.data.indexOf(firstRow, at + 1)) {
    const [x, y] = [(at / 3) % sheet.width, Math.floor(at / 3 / sheet.width)]
    if (at % 3 === 0 && crop(sheet, x, y, SIDE, SIDE).equals(picture)) found.push({ x, y })
  }
  return found
}

function countFill({ data, width, height }: Pixels, left: number, right: number): number {
  let count = 0
  for (let y = 0; y < height; y++) {
    for (let x = left; x < right; x++) {
      const at = (y * width + x) * 3
      if (FILL.every((value, channel) => data[at + channel] === value)) count++
    }
  }
  return count
}

describe('on its own photographs', () => {
  const out = join(folder, 'own', 'sheets')
  let result: ReturnType<typeof demo>
  beforeAll(() => {
    // As on a machine without fonts.
    const fonts = join(folder, 'fonts.conf')
    writeFileSync(fonts, '<?xml version="1.0"?><fontconfig></fontconfig>')
    result = demo(['--out', out], { FONTCONFIG_FILE: fonts })
  }, 60_000)

  test('succeeds without a complaint', () => {
    expect(result).toMatchObject({ status: 0, stderr: '' })
  })

  test.each([
    ['overview', 1520, 1578],
    ['variants', 1520, 1488],
    ['presets', 1520, 1282],
    ['schedule', 1176, 1640],
  ])('writes the sheet %s and names it', async (name, width, height) => {
    const file = join(out, `${name}.png`)
    expect(await sharp(file).metadata()).toMatchObject({ format: 'png', width, height })
    expect(result.stdout).toContain(file)
  })

  test('prints the plan, kept fractions and throughput', () => {
    const rows = result.stdout.match(/^ +\d( +[\d.]+){5} +\d+° +\d\d\.\d %$/gm) ?? []
    expect(rows.length).toBeGreaterThanOrEqual(4)
    for (const row of rows) {
      const [, d, r, l] = row.trim().split(/\s+/).map(Number) as [number, number, number, number]
      expect(l).toBe(Math.ceil(d * r))
    }
    expect(result.stdout).toMatch(/from decoded images +[\d,]+ images\/s +[\d.]+ GB\/s\n/)
    expect(result.stdout).toMatch(/new array +[\d,]+ images\/s +[\d.]+ GB\/s\n/)
    expect(result.stdout).toMatch(/in place +[\d,]+ images\/s +[\d.]+ GB\/s\n/)
  })

  test('its overview is the picture in the README, with fewer colours', async () => {
    const drawn = await pixelsOf(join(out, 'overview.png'))
    const shown = await pixelsOf(join(root, 'docs/images/gridmask.png'))
    expect([shown.width, shown.height]).toEqual([drawn.width, drawn.height])
    let furthest = 0
    for (const [i, value] of drawn.data.entries()) {
      furthest = Math.max(furthest, Math.abs(value - (shown.data[i] as number)))
    }
    expect(furthest).toBeLessThan(64)
  })
})

describe("on the user's photographs", () => {
  const colour = brightNoise(SIDE * SIDE * 3)
  const grey = Buffer.from([...brightNoise(SIDE * SIDE)].flatMap((value) => [value, value, value]))
  const out = join(folder, 'users')
  let variants: Pixels
  let schedule: Pixels
  let originals: { x: number; y: number }[]

  beforeAll(async () => {
    const files = [join(folder, 'colour.png'), join(folder, 'grey.png')] as const
    const raw = { width: SIDE, height: SIDE, channels: 3 } as const
    await sharp(colour, { raw }).toFile(files[0])
    await sharp(grey, { raw }).toColourspace('b-w').toFile(files[1])
    expect(demo(['--out', out, ...files])).toMatchObject({ status: 0, stderr: '' })
    variants = await pixelsOf(join(out, 'variants.png'))
    schedule = await pixelsOf(join(out, 'schedule.png'))
    originals = [colour, grey].flatMap((picture) => findAll(variants, picture))
  }, 60_000)

  test('the originals stand in the first column, each once, pixel for pixel', () => {
    const [first, second] = originals
    expect(originals).toHaveLength(2)
    expect(second).toEqual({ x: first?.x, y: (first?.y ?? 0) + PITCH })
  })

  test.each([
    ['small d', 1, 0.75],
    ['large d', 2, 0.75],
    ['rotated', 3, undefined],
    ['reversed', 4, 0.25],
    ['random', 5, undefined],
  ])('%s: what its mask shows white is kept, the rest is the mean colour', (_, column, share) => {
    const { x, y } = originals[0] as { x: number; y: number }
    const left = x + column * PITCH
    const mask = crop(variants, left, y - PITCH, SIDE, SIDE)
    expect(new Set(mask)).toEqual(new Set([0, 255]))
    for (const [row, original] of [colour, grey].entries()) {
      const panel = crop(variants, left, y + row * PITCH, SIDE, SIDE)
      const expected = original.map((value, i) => (mask[i] === 255 ? value : (FILL[i % 3] ?? -1)))
      expect(panel.equals(expected)).toBe(true)
    }
    const kept = mask.filter((value) => value === 255).length / mask.length
    if (share === undefined) expect(Math.abs(kept - 0.8)).toBeLessThan(0.1)
    else expect(kept).toBe(share)
  })

  test('nothing is dropped in epoch 0, and more the higher p is', () => {
    const dropped = Array.from({ length: 7 }, (_, i) =>
      countFill(schedule, 48 + i * 156, 48 + i * 156 + 144),
    )
    const [epoch0, epoch48, , , , epoch240, epoch299] = dropped as [number, ...number[]]
    expect(epoch0).toBe(0)
    expect(epoch48).toBeGreaterThan(0)
    expect(Math.min(epoch240 as number, epoch299 as number)).toBeGreaterThan(
      2 * (epoch48 as number),
    )
  })
})

test('does not replace a photograph with a sheet', async () => {
  const own = join(folder, 'replaced')
  mkdirSync(own)
  const photo = join(own, 'presets.png')
  const raw = { width: 2, height: 2, channels: 3 } as const
  await sharp(Buffer.alloc(12, 200), { raw }).toFile(photo)
  const before = readFileSync(photo)
  const { status, stderr } = demo(['--out', own, photo])
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: `${photo} is a photograph, which a sheet would replace\n`,
  })
  expect(readFileSync(photo).equals(before)).toBe(true)
})

describe('refuses in one line', () => {
  const text = join(folder, 'text.jpg')
  const out = join(folder, 'refused')
  beforeAll(() => {
    writeFileSync(text, 'not a picture')
    mkdirSync(join(folder, 'holiday'))
  })

  test.each([
    ['a path that does not exist', [join(folder, 'none.jpg')], /^There is no file .*none\.jpg$/],
    ['a file that is no picture', [text], /text\.jpg is not a picture/],
    ['a folder', [join(folder, 'holiday')], /holiday is a folder, not a picture$/],
    ['an unknown option', ['--size', '3'], /--size/],
    ['a file as --out', ['--out', text], /^Cannot make the folder .*text\.jpg/],
  ])('%s', (_, args, message) => {
    const { status, stdout, stderr } = demo(['--out', out, ...args])
    expect(stderr.split('\n')).toEqual([expect.stringMatching(message), ''])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(existsSync(out)).toBe(false)
  })
})
