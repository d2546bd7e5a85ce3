// Running out of memory is an error, ERR_ALLOCATION, on every thread; it never ends the process, and never
// leaves half a result. (test/native/allocation_test.cc does the same for what the CPU backend allocates in
// C++.)
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { applyPlan, GridMask, mixLabels, Plan } from '../../lib/index'
import { clean, runFixture } from './support'

const driverPath = join(__dirname, '../../build/test-driver/cuda_test_driver.node')
const counted = join(__dirname, '../../build/test-memory/counted_new.node')
const onLinux = process.platform === 'linux' ? describe : describe.skip
const canLimit = spawnSync('prlimit', ['--version']).status === 0

onLinux('when memory is used up', () => {
  async function allocationsOf(...args: string[]): Promise<Record<string, number>> {
    const env = { ...process.env, LD_PRELOAD: counted }
    const outcome = await runFixture('no-memory', [counted, ...args], env)
    expect(outcome).toEqual(clean())
    return JSON.parse(outcome.stdout)
  }

  test("every native call answers with a status, whichever of the CPU's allocations fails", async () => {
    const allocations = await allocationsOf()
    // It has tested something.
    for (const name of ['apply', 'apply, noise', 'mix', 'drawPartner', 'preprocess']) {
      expect([name, (allocations[name] ?? 0) > 0]).toEqual([name, true])
    }
    for (const name of ['applyAsync', 'mixAsync', 'preprocessAsync']) {
      expect([name, (allocations[name] ?? 0) > 3]).toEqual([name, true])
    }
  })

  test("and whichever of CUDA's", async () => {
    const allocations = await allocationsOf(driverPath)
    const calls = ['open', 'allocate', 'upload', 'apply, new', 'mix']
    for (const name of [...calls, 'applyHost', 'mixHost', 'download']) {
      expect([name, (allocations[name] ?? 0) > 0]).toEqual([name, true])
    }
    for (const name of ['applyHost, async', 'mixHost, async', 'download, async']) {
      expect([name, (allocations[name] ?? 0) > 3]).toEqual([name, true])
    }
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

describe('arrays that claim more elements than there can be', () => {
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

  test('a plan of more samples than an array has room for is refused', () => {
    // 2²⁶ samples may be in a batch; of 72 bytes each they are more than an array of Node 20 may have.
    const count = 2 ** 26
    const plan = () => gridmask.plan({ count })
    try {
      new Uint8Array(72 * count)
    } catch {
      expect(plan).toThrow(expect.objectContaining({ code: 'ERR_ALLOCATION' }) as never)
    }
  })
})
