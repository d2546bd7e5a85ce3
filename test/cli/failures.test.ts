// `gridmask failures`: against the same images in this process, and others pixel by pixel.
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import type { FailureFigure } from '../../lib/figure5/run'
import {
  countFailures,
  defaultReading,
  type FailureMethod,
  failureMethods,
} from '../../lib/figure5/simulate'
import { boundOf, countPixelByPixel, Generator } from '../figure5/pixel-by-pixel'
import { temporaryFolder } from '../process'
import { expectComplaint, gridmask, jsonOf } from './support'

const folder = temporaryFolder('cli')

type Figure = FailureFigure & { command: string }
const small = ['failures', '--images', '3000', '--xs', '40,80', '--seed', '7', '--threads', '2']
const figure: Figure = jsonOf(small)

test('counts what the library counts, image by image', () => {
  for (const method of failureMethods) {
    for (const point of figure.curves[method]) {
      const task = { method, x: point.x, first: 0, count: 3000, seed: 7, reading: defaultReading }
      expect(point).toMatchObject(countFailures(task))
      expect(point.probability).toBe((point.removed + point.kept) / 3000)
    }
  }
})

test.each(failureMethods)('of %s: as often as pixel by pixel', (method: FailureMethod) => {
  const p = figure.curves[method][1]?.probability as number
  const failed = countPixelByPixel(method, 80, 200, new Generator())
  expect(Math.abs(failed / 200 - p)).toBeLessThan(boundOf(p, 200) + boundOf(p, 3000))
})

test('its own command makes the same figure again, on any number of threads', () => {
  const [program, ...args] = figure.command.split(' ')
  expect(program).toBe('gridmask')
  expect(jsonOf([...args, '--threads', '1'])).toEqual(figure)
})

test('readings are what is simulated', () => {
  const args = ['--images', '500', '--xs', '60', '--cutout', 'one', '--rotation', 'any']
  const other: Figure = jsonOf(['failures', ...args])
  const reading = { ...defaultReading, cutout: 'one', rotation: 'any' } as const
  expect(other.reading).toEqual(reading)
  for (const method of failureMethods) {
    const task = { method, x: 60, first: 0, count: 500, seed: 1, reading }
    expect(other.curves[method][0]).toMatchObject(countFailures(task))
  }
})

describe('with -o', () => {
  test('writes the JSON that it prints, and a valid plot', async () => {
    const path = join(folder, 'figure')
    const { status, stdout, stderr } = gridmask([...small, '-o', path])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain(`written: ${path}.svg\nwritten: ${path}.json\n`)
    const row = stdout.split('\n').find((line) => line.startsWith('80'))
    for (const method of failureMethods) {
      expect(row).toContain(figure.curves[method][1]?.probability.toFixed(4))
    }
    expect(JSON.parse(readFileSync(`${path}.json`, 'utf8'))).toEqual(figure)
    const svg = readFileSync(`${path}.svg`, 'utf8')
    expect(svg).toContain(`<desc>${figure.command}</desc>`)
    expect(await sharp(Buffer.from(svg)).metadata()).toMatchObject({ width: 720, height: 440 })
  })

  test('that ends in .svg writes only that', () => {
    const path = join(folder, 'only.svg')
    const { stdout } = gridmask(['failures', '--images', '10', '--xs', '50', '-o', path])
    expect(stdout).toContain(`written: ${path}\n`)
    expect(stdout).not.toContain('.json')
    expect(readFileSync(path, 'utf8')).toContain('<svg')
  })

  // So many images that nobody waits for them.
  test.each([
    [
      join(folder, 'none', 'figure'),
      /^gridmask: Cannot write .*figure\.svg: there is no folder .*none$/,
    ],
    [`${folder}/`, /^gridmask: Cannot write: -o names no file$/],
    ['', /^gridmask: Cannot write: -o names no file$/],
    [
      join(folder, 'figure.png'),
      /^gridmask: The figure is written as \.svg and \.json, not as \.png$/,
    ],
    [join(folder, 'taken.svg'), /^gridmask: Cannot write .*taken\.svg: it is a folder$/],
  ])('%s: is refused before the work', (path, message) => {
    mkdirSync(join(folder, 'taken.svg'), { recursive: true })
    expectComplaint(['failures', '--images', '1000000000', '-o', path], 1, message)
  })

  // Full devices are Linux' own.
  const onLinux = process.platform === 'linux' ? test : test.skip
  onLinux('that can be written to but is full: the table is still printed', () => {
    const full = join(folder, 'full.svg')
    symlinkSync('/dev/full', full)
    const { status, stdout, stderr } = gridmask([...small, '-o', full])
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^gridmask: ENOSPC: .*\n$/),
    })
    expect(stdout).toContain(figure.curves.cutout[1]?.probability.toFixed(4))
  })

  test('- is the SVG on standard output, with the table beside it', () => {
    const { status, stdout, stderr } = gridmask([...small, '-o', '-'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^<svg .*<desc>gridmask failures .*<\/svg>\n$/s)
    expect(stderr).toContain(figure.curves.cutout[1]?.probability.toFixed(4))
  })
})
