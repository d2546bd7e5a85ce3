// Memory that is used up becomes an error, ERR_ALLOCATION, on every thread; never the process's end,
// and never a result that is only half there. (test/native/allocation_test.cc does it for what the
// CPU's side allocates in C++.)
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, jest, test } from '@jest/globals'
import { applyPlan, GridMask, mixLabels, Plan } from '../../lib/index'
import { clean, runFixture } from './support'

jest.setTimeout(60_000)

const counted = join(__dirname, '../../build/test-memory/counted_new.node')
const onLinux = process.platform === 'linux' ? describe : describe.skip
const canLimit = spawnSync('prlimit', ['--version']).status === 0

onLinux('where memory is used up', () => {
  test('every native call answers with a status, whichever allocation fails', async () => {
    const env = { ...process.env, LD_PRELOAD: counted }
    const outcome = await runFixture('no-memory', [counted], env)
    expect(outcome).toEqual(clean())
    const allocations = JSON.parse(outcome.stdout) as Record<string, number>
    // It has tested something.
    for (const name of ['apply', 'apply, noise', 'mix', 'drawPartner']) {
      expect([name, allocations[name]]).toEqual([name, expect.any(Number)])
      expect(allocations[name]).toBeGreaterThan(0)
    }
    for (const name of ['applyAsync', 'mixAsync']) expect(allocations[name]).toBeGreaterThan(3)
  })

  const limited = canLimit ? test : test.skip
  limited('a process that may have no more of it goes on', async () => {
    const outcome = await runFixture('address-space')
    expect(outcome).toEqual(
      clean(
        0,
        [
          'fills that differ: ERR_ALLOCATION',
          'a result: ERR_ALLOCATION',
          'a plan: ERR_ALLOCATION',
          'a mask: ERR_ALLOCATION',
          'untouched: true',
          'taken: ERR_ALLOCATION, and back: true',
          '',
        ].join('\n'),
      ),
    )
  })
})

describe('arrays that say that they have more elements than there can be', () => {
  const holes = (length: number) => new Array(length)
  const shape = [1, 1, 2, 2] as const
  const images = new Float32Array(4)
  const gridmask = new GridMask({ ratio: 0.5, unit: 5 })

  test.each<[string, () => unknown, string]>([
    [
      'fill',
      () => applyPlan(images, [{ d: 2, ratio: 0.5 }], { shape, fill: holes(2 ** 27 + 5) }),
      'ERR_INVALID_ARG_TYPE',
    ],
    [
      'a fill that begins with a number',
      () => {
        const fill = holes(2 ** 27 + 5)
        fill[0] = 1
        return new GridMask({ ratio: 0.5, unit: 5, fill })
      },
      'ERR_OUT_OF_RANGE',
    ],
    [
      'numbers of noise',
      () => {
        const fill = { noise: 'uniform', low: holes(2 ** 27 + 5), high: 1 } as const
        return new GridMask({ ratio: 0.5, unit: 5, fill })
      },
      'ERR_OUT_OF_RANGE',
    ],
    [
      'indices',
      () => gridmask.apply(images, { shape, indices: holes(2 ** 27 + 5) }),
      'ERR_SHAPE_MISMATCH',
    ],
    [
      'partner',
      () => gridmask.gridmix(images, { shape, partner: holes(2 ** 27 + 5) }),
      'ERR_SHAPE_MISMATCH',
    ],
    [
      'lambda',
      () => mixLabels(images, { shape: [1, 4], partner: [0], lambda: holes(2 ** 32 - 1) }),
      'ERR_SHAPE_MISMATCH',
    ],
    ['a plan', () => Plan.from(holes(2 ** 32 - 1)), 'ERR_OUT_OF_RANGE'],
  ])('are refused before they are copied: %s', (_, call, code) => {
    expect(call).toThrow(expect.objectContaining({ code }) as never)
  })

  test('a plan of as many samples as a batch may have is made, or refused', () => {
    const make = () => gridmask.plan({ count: 2 ** 26 }).length
    // 4.8 GB: more than an array may have in Node 20, more than there is on some machines.
    try {
      expect(make()).toBe(2 ** 26)
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_ALLOCATION' })
    }
  })
})
