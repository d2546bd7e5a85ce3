// `gridmask failures`: against the same images in this process, and others pixel by pixel.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, jest, test } from '@jest/globals'
import sharp from 'sharp'
import type { FailureFigure } from '../../lib/figure5/run'
import {
  countFailures,
  defaultReading,
  type FailureMethod,
  failureMethods,
} from '../../lib/figure5/simulate'
import { boundOf, countPixelByPixel, Generator } from '../failures/pixel-by-pixel'
import { expectComplaint, gridmask, jsonOf, temporaryFolder } from './support'

jest.setTimeout(120_000)
const folder = temporaryFolder()

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
  test('writes the JSON that it prints, and a plot that is one', async () => {
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

  test('where nothing can be written, says so in one line', () => {
    const args = ['failures', '--images', '10', '--xs', '50', '-o', join(folder, 'none', 'figure')]
    expectComplaint(args, 1, /^gridmask: ENOENT: .*figure\.svg/)
  })
})
