// `gridmask preview`: the sheet's pixels against the definition of a mask.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import { keepsPixel } from '../../lib/fallback/reference'
import { GridMask, type GridMaskOptions, maskOf, presets, type Sample } from '../../lib/index'
import { root, temporaryFolder } from '../process'
import { brightNoise } from '../support'
import { expectComplaint, gridmask, jsonOf, main } from './support'

const folder = temporaryFolder('cli')

const SIDE = 224
const MEAN_COLOUR = [124, 116, 104]
const photos = ['first.png', 'second.png'].map((name) => join(folder, name)) as [string, string]
const pixels: Buffer[] = []

beforeAll(async () => {
  for (const [i, photo] of photos.entries()) {
    const noise = brightNoise(SIDE * SIDE * 3, i)
    pixels.push(noise)
    await sharp(noise, { raw: { width: SIDE, height: SIDE, channels: 3 } }).toFile(photo)
  }
})

interface Report {
  file: string
  width: number
  height: number
  samples: {
    photo: string
    kept: number
    place: { x: number; y: number; width: number; height: number }
    sample: Sample
  }[]
}

let sheets = 0
async function preview(args: string[]) {
  const file = join(folder, `sheet-${sheets++}.png`)
  const report: Report = jsonOf(['preview', ...args, '-o', file])
  expect(report.file).toBe(file)
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const crop = (x: number, y: number, w: number, h: number) =>
    Buffer.concat(
      Array.from({ length: h }, (_, i) => {
        const start = ((y + i) * info.width + x) * 3
        return data.subarray(start, start + w * 3)
      }),
    )
  return { report, crop }
}

/** What the definition makes of a photograph; and `maskOf` must agree. */
function masked(original: Buffer, sample: Sample, fill: number[]): Buffer {
  const keeps = keepsPixel(sample, [SIDE, SIDE])
  const mask = Uint8Array.from({ length: SIDE * SIDE }, (_, i) =>
    !sample.masked || keeps(i % SIDE, Math.floor(i / SIDE)) ? 1 : 0,
  )
  expect(Buffer.compare(maskOf(sample, [SIDE, SIDE]), mask)).toBe(0)
  const value = (v: number, i: number) => (mask[Math.floor(i / 3)] === 1 ? v : Number(fill[i % 3]))
  return Buffer.from(original.map(value))
}

test.each<[string, string[], GridMaskOptions, number, number[]]>([
  ['a preset', [], { ...presets.imagenet, probability: 1 }, 0, MEAN_COLOUR],
  [
    'a preset in an epoch',
    ['--epoch', '200', '--seed', '11'],
    { ...presets.imagenet, seed: 11 },
    200,
    MEAN_COLOUR,
  ],
  [
    'settings of its own',
    ['--ratio', '0.3:0.7', '--unit', '20:60', '--rotate', '90', '--reverse', '--fill', '0'],
    { ratio: [0.3, 0.7], unit: [20, 60], rotate: 90, reverse: true },
    0,
    [0, 0, 0],
  ],
  [
    'Random GridMask, some masked, a seed of 64 bits',
    [
      ...['--ratio', '0.5', '--unit', '56', '--unit-probability', '0.5', '--probability', '0.6'],
      ...['--fill', '1,2,3', '--seed', '18446744073709551615'],
    ],
    { ratio: 0.5, unit: 56, unitProbability: 0.5, probability: 0.6, seed: 2n ** 64n - 1n },
    0,
    [1, 2, 3],
  ],
])('%s: shows what the library draws, pixel for pixel', async (_, args, options, epoch, fill) => {
  const count = 7 // more than a row holds
  const { report, crop } = await preview([...photos, ...args, '--count', String(count)])
  const plan = new GridMask(options).plan({ count: 2 * count, epoch, index: 0 })
  expect(report.samples.map(({ sample }) => sample)).toEqual(plan.toJSON())
  expect(report.samples.map(({ photo }) => photo)).toEqual(
    photos.flatMap((photo) => Array.from({ length: count }, () => photo)),
  )
  for (const [i, { sample, place, kept }] of report.samples.entries()) {
    expect([place.width, place.height]).toEqual([SIDE, SIDE])
    const original = pixels[Math.floor(i / count)] as Buffer
    const expected = masked(original, sample, fill)
    expect(crop(place.x, place.y, SIDE, SIDE).equals(expected)).toBe(true)
    expect(kept).toBe(maskOf(sample, [SIDE, SIDE]).reduce((a, b) => a + b) / SIDE ** 2)
    // The photograph itself stands at the left of its first row.
    if (i % count === 0) expect(crop(48, place.y, SIDE, SIDE).equals(original)).toBe(true)
  }
})

test('small images are shown pixel by pixel, in the proportions of their size', async () => {
  const args = ['--preset', 'cifar10', '--size', '32x16', '--count', '2']
  const { report, crop } = await preview([photos[0], ...args])
  expect([report.width, report.height]).toEqual([32, 16])
  for (const { sample, place } of report.samples) {
    expect([place.width, place.height]).toEqual([320, 160])
    const keeps = keepsPixel(sample, [16, 32])
    const shown = crop(place.x, place.y, 320, 160)
    for (let y = 0; y < 16; y++) {
      for (let x = 0; x < 32; x++) {
        const at = ((10 * y + 5) * 320 + 10 * x + 5) * 3
        const dropped = MEAN_COLOUR.every((value, channel) => shown[at + channel] === value)
        expect(dropped).toBe(!keeps(x, y))
      }
    }
  }
})

test.each([
  [1, 560],
  [4, 1280],
  // Two rows of four, three of four, two of six.
  [7, 1040],
  [11, 1520],
])('a sheet of %d samples has no empty part', async (count, width) => {
  const { report, crop } = await preview([photos[0], '--count', `${count}`])
  expect((await sharp(report.file).metadata()).width).toBe(width)
  const columns = new Set([48, ...report.samples.map(({ place }) => place.x)])
  const rows = new Set(report.samples.map(({ place }) => place.y))
  expect(columns.size * rows.size - (1 + count)).toBeLessThan(rows.size)
  const last = Math.max(...columns)
  expect(width - (last + SIDE)).toBeLessThan(80)
  expect(crop(48, [...rows][0] as number, SIDE, SIDE).equals(pixels[0] as Buffer)).toBe(true)
})

test('wide pictures are shown wide', async () => {
  const { report } = await preview([photos[0], '--size', '900x225', '--count', '2'])
  for (const { place } of report.samples) expect([place.width, place.height]).toEqual([448, 112])
})

test("without -o the sheet lies in the shell's folder; a table says what was drawn", () => {
  const { status, stdout, stderr } = gridmask(['preview', 'first.png', '--count', '3'], {
    cwd: folder,
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(existsSync(join(folder, 'gridmask-preview.png'))).toBe(true)
  const plan = new GridMask({ ...presets.imagenet, probability: 1 }).plan({ count: 3 })
  for (const [i, { d, deltaX, deltaY, angle }] of [...plan].entries()) {
    const row = new RegExp(
      `^first.png +${i} +${d} +0.6 +${deltaX} +${deltaY} +${angle}° +[\\d.]+ %$`,
      'm',
    )
    expect(stdout).toMatch(row)
  }
})

test('without fonts, a sheet has only pictures', async () => {
  const fonts = join(folder, 'fonts.conf')
  writeFileSync(fonts, '<?xml version="1.0"?><fontconfig></fontconfig>')
  const file = join(folder, 'bare.png')
  const args = ['preview', photos[0], '--count', '1', '-o', file]
  const { status, stderr } = gridmask(args, { env: { FONTCONFIG_FILE: fonts } })
  expect(status).toBe(0)
  expect(stderr).toMatch(/^gridmask: this machine has no fonts.*\n$/)
  const heading = { left: 0, top: 0, width: 560, height: 150 }
  const top = await sharp(file).extract(heading).raw().toBuffer()
  expect(new Set(top)).toEqual(new Set([255]))
})

describe('says in one line, with status 1,', () => {
  const refuse = (args: string[], message: RegExp) => {
    const file = join(folder, 'refused.png')
    expectComplaint(['preview', ...args, '-o', file], 1, message)
    expect(existsSync(file)).toBe(false)
  }

  test('a file that is not a photograph', () => {
    const text = join(folder, 'text.jpg')
    writeFileSync(text, 'not a picture')
    refuse([text], /^gridmask: .*text\.jpg is not a picture that sharp can decode/)
    refuse([join(folder, 'none.jpg')], /^gridmask: There is no file .*none\.jpg$/)
    refuse([folder], /is a folder, not a picture$/)
    const empty = join(folder, 'empty.jpg')
    writeFileSync(empty, '')
    refuse([empty], /empty\.jpg is empty$/)
    // The head of what telephones make.
    const heic = join(folder, 'phone.heic')
    writeFileSync(heic, '\0\0\0\u0018ftypmif1\0\0\0\0mif1heic')
    refuse([heic], /phone\.heic is a HEIC picture, .*: convert it to JPEG or PNG$/)
  })

  test("the library's own errors", () => {
    refuse([photos[0], '--ratio', '1.4', '--unit', '9'], /`ratio` .* but received 1\.4$/)
    refuse([photos[0], '--ratio', '0.5'], /`unit` .* but received undefined$/)
    refuse([photos[0], '--rotate', '361'], /`rotate` .* but received 361$/)
    refuse([photos[0], '--epoch', '-1'], /`epoch` .* but received -1$/)
    refuse([photos[0], '--fill', '256'], /`fill` .* but received 256\b/)
    refuse([photos[0], '--fill', '1,2'], /`fill` .* but received 2 of them$/)
  })

  test('a sheet that is too high', () => {
    const many = Array.from({ length: 8 }, () => photos[0])
    refuse([...many, '--count', '100'], /The sheet would be \d+ pixels high/)
  })

  test.each([
    [['none', 'sheet.png'], /^gridmask: Cannot write .*sheet\.png: there is no folder .*none$/],
    [['.'], /^gridmask: Cannot write .*: it is a folder$/],
    [['sheet.gif'], /^gridmask: A sheet is written as \.png or \.jpg, not as \.gif$/],
    [['first.png', 'sheet.png'], /^gridmask: Cannot write .*: there is no folder .*first\.png$/],
  ])('a place where no sheet can be written: %j', (path, message) => {
    const names = readdirSync(folder)
    expectComplaint(['preview', photos[0], '-o', join(folder, ...path)], 1, message)
    expect(readdirSync(folder)).toEqual(names)
  })
})

describe('a photograph is never replaced by its sheet', () => {
  const refused = /^gridmask: .*\.png is a photograph, which the sheet would replace$/
  const original = () => readFileSync(photos[1])

  test.each<[string, (path: string) => void]>([
    ['by its own name', () => {}],
    ['by a link', (path) => symlinkSync(photos[1], path)],
    ['by another name of the file', (path) => linkSync(photos[1], path)],
  ])('%s', (name, link) => {
    const before = original()
    const path = name === 'by its own name' ? photos[1] : join(folder, `${name}.png`)
    link(path)
    expectComplaint(['preview', ...photos, '-o', path], 1, refused)
    expect(original().equals(before)).toBe(true)
  })

  test('by the name that a sheet has if none is given', () => {
    const own = join(folder, 'own')
    mkdirSync(own)
    cpSync(photos[0], join(own, 'gridmask-preview.png'))
    expectComplaint(['preview', 'gridmask-preview.png'], 1, refused, { cwd: own })
  })

  const onUnix = process.platform === 'win32' ? test.skip : test
  onUnix('where it is standard input', () => {
    const before = original()
    const command = `"$0" "$1" preview - -o "$2" < "$2" 2>&1 || true`
    const told = execFileSync('sh', ['-c', command, process.execPath, main, photos[1]])
    expect(told.toString()).toMatch(/is a photograph, which the sheet would replace\n$/)
    expect(original().equals(before)).toBe(true)
  })
})

test('one that cannot be read is reported, the others are shown, and the command fails', async () => {
  const [file, none] = [join(folder, 'some.png'), join(folder, 'none.jpg')]
  const args = [photos[0], none, photos[1], '--count', '2']
  const { status, stdout, stderr } = gridmask(['preview', ...args, '-o', file, '--json'])
  expect({ status, stderr }).toEqual({ status: 1, stderr: `gridmask: There is no file ${none}\n` })
  const report = JSON.parse(stdout)
  expect(report.unreadable).toEqual([{ photo: none, reason: `There is no file ${none}` }])
  // Each has the numbers that it has when all can be read.
  const shown = report.samples.map(({ photo, sample }: Report['samples'][0]) => [
    photo,
    sample.index,
  ])
  const [first, second] = photos
  expect(shown).toEqual([
    [first, 0],
    [first, 1],
    [second, 4],
    [second, 5],
  ])
  expect((await sharp(file).metadata()).format).toBe('png')
})

describe('the sheet', () => {
  test.each(['sheet.jpg', 'sheet.JPEG'])('%s is a JPEG, with the same samples', async (name) => {
    const file = join(folder, name)
    const { samples }: Report = jsonOf(['preview', photos[0], '--count', '1', '-o', file])
    expect(await sharp(file).metadata()).toMatchObject({ format: 'jpeg', width: 560 })
    const [{ place, sample }] = samples as [Report['samples'][0]]
    const { x: left, y: top, width, height } = place
    const shown = await sharp(file).extract({ left, top, width, height }).raw().toBuffer()
    const exact = masked(pixels[0] as Buffer, sample, MEAN_COLOUR)
    const furthest = exact.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - Number(shown[i]))),
      0,
    )
    expect(furthest).toBeLessThan(64)
  })

  test('of standard input on standard output', async () => {
    const args = [main, 'preview', '-', '--count', '1', '-o', '-']
    const input = readFileSync(photos[0])
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { input, cwd: folder })
    expect(status).toBe(0)
    expect(stderr.toString()).toMatch(/^presets\.imagenet, .*\n- +0 +\d+ /s)
    expect(await sharp(stdout).metadata()).toMatchObject({ format: 'png', width: 560 })
    expect(existsSync(join(folder, '-'))).toBe(false)
  })

  test('of standard input with nothing in it', () => {
    const settings = { input: new Uint8Array(0) }
    expectComplaint(['preview', '-'], 1, /^gridmask: standard input is empty$/, settings)
  })
})

const onUnix = process.platform === 'win32' ? test.skip : test
onUnix('what a name holds is shown by its number, in the sheet too', () => {
  const odd = join(folder, 'ev\nil\u001b[31m\u202e.png')
  cpSync(photos[0], odd)
  const args = ['preview', odd, '--count', '1', '-o', join(folder, 'odd\u0007.png')]
  const { status, stdout, stderr } = gridmask(args)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/^ev\\u000ail\\u001b\[31m\\u202e\.png +0 /m)
  expect(stdout).toMatch(/^written: .*odd\\u0007\.png$/m)
  expect(jsonOf(args).samples[0].photo).toBe(odd)
  expectComplaint(['preview', `${odd}x`], 1, /^gridmask: There is no file .*ev\\u000ail.*\.pngx$/)
})

test('without sharp, says what to install', () => {
  // The package as installed where nobody asked for its optional peer.
  const installed = join(folder, 'without-sharp')
  for (const name of ['dist', 'package.json', 'build/Release']) {
    cpSync(join(root, name), join(installed, name), { recursive: true })
  }
  const program = join(installed, 'dist/cli/main.js')
  const message = /^gridmask: Pictures are decoded by sharp, .*: npm install sharp$/
  expectComplaint(['preview', photos[0]], 1, message, { program, cwd: folder })
  expect(gridmask(['devices'], { program }).status).toBe(0)
})
