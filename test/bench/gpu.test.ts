// The GPU's part of the benchmark: its counts are right, and it runs to its end with a driver and without.
// Times are not checked.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Plan } from '../../lib/index'
import { keptByLattices, lengthOf, oracle } from '../oracle'
import { outputOf, root, temporaryFolder } from '../process'
import { bytesOf, type Kind, kinds, newArray, sampleParams } from '../support'

const folder = temporaryFolder('bench')

function run(args: string[], options: { input?: string; env?: Record<string, string> } = {}) {
  const env = { GRIDMASK_CUDA_DRIVER: '', ...options.env }
  return outputOf(args, { input: '', ...options, env })
}

const shapes = fc.record({
  channels: fc.integer({ min: 1, max: 4 }),
  height: fc.integer({ min: 1, max: 24 }),
  width: fc.integer({ min: 1, max: 40 }),
  layout: fc.constantFrom('NCHW' as const, 'NHWC' as const),
  valueBytes: fc.constantFrom(1, 2, 4),
})

/** Byte by byte, from the definition: which vectors and sectors keep or drop something. */
function countedByDefinition(plan: Plan, shape: Parameters<Parameters<typeof shapes.map>[0]>[0]) {
  const { valueBytes, ...sizes } = shape
  const batch = { ...sizes, count: plan.length }
  const kind = kinds.find(({ View }) => View.BYTES_PER_ELEMENT === valueBytes) as Kind
  const images = newArray(kind, lengthOf(batch))
  const masked = oracle(images, batch, keptByLattices(plan, batch), () => 0xffffffff)
  const keeps = Array.from(bytesOf(masked), (byte) => byte === 0)
  const groups = (size: number, of: (part: boolean[]) => boolean) => {
    let number = 0
    for (let at = 0; at < keeps.length; at += size) {
      if (of(keeps.slice(at, at + size))) number += 1
    }
    return number
  }
  const keepsSome = (part: boolean[]) => part.includes(true)
  const dropsSome = (part: boolean[]) => part.includes(false)
  return {
    batchBytes: keeps.length,
    newTensor: {
      vectorsRead: groups(16, keepsSome),
      read: 16 * groups(16, keepsSome),
      readSectors: 32 * groups(32, keepsSome),
      written: keeps.length,
    },
    inPlace: {
      written: groups(1, dropsSome),
      writtenSectors: 32 * groups(32, dropsSome),
      partSectors: 32 * groups(32, (part) => keepsSome(part) && dropsSome(part)),
    },
  }
}

test('the bytes counted are those of the definition', () => {
  const batches = fc.sample(fc.tuple(fc.array(sampleParams, { maxLength: 3 }), shapes), 150)
  const plans = batches.map(([samples, shape]) => ({ plan: Plan.from(samples), shape }))
  const script = `
    import { bytesToMove } from './bench/bytes.mjs'
    import { readFileSync } from 'node:fs'
    const plans = JSON.parse(readFileSync(0, 'utf8'))
    console.log(JSON.stringify(plans.map(({ plan, shape }) => bytesToMove(plan, shape))))`
  const counted = JSON.parse(
    run(['--input-type=module', '-e', script], { input: JSON.stringify(plans) }),
  )
  expect(counted).toEqual(plans.map(({ plan, shape }) => countedByDefinition(plan, shape)))
})

test('without a driver: the reason, the bytes, and no error', () => {
  const report = join(folder, 'none.json')
  const output = run(['bench/gpu.mjs', '--json', report], {
    env: { GRIDMASK_CUDA_DRIVER: '/no/such/driver' },
  })
  expect(output).toContain('No GPU was measured (no-driver)')
  const { gpu } = JSON.parse(readFileSync(report, 'utf8'))
  expect(gpu.status.reason).toBe('no-driver')
  const [fresh, inPlace] = gpu.counted
  // docs/kernel.md; memory accesses of the kernels' PTX were counted to be the same.
  expect(fresh).toMatchObject({ read: 2043654 * 16, written: 38535168, movedBytes: 71720832 })
  expect(inPlace).toMatchObject({ read: 0, written: 6204396, movedBytes: 7077696 })
})

test('on a driver: every figure is there', () => {
  const report = join(folder, 'driver.json')
  const driver = join(root, 'build/test-driver/cuda_test_driver.node')
  const output = run(['bench/gpu.mjs', '--quick', '--json', report], {
    env: { GRIDMASK_CUDA_DRIVER: driver },
  })
  expect(output).toContain('unless it drives a GPU, the times mean nothing')
  const { gpu } = JSON.parse(readFileSync(report, 'utf8'))
  expect(gpu.driver).toBe(driver)
  expect(gpu.kernels.length).toBeGreaterThan(20)
  expect(gpu.calls).toHaveLength(14)
  for (const { name, what, against, reach, ...figures } of [...gpu.kernels, ...gpu.calls]) {
    expect(Object.keys(figures)).toEqual(['microseconds', 'baselineMicroseconds', 'ratio'])
    for (const figure of Object.values(figures)) expect(figure).toBeGreaterThan(0)
  }
})
