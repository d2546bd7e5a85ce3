// `gridmask bench`: what it prints, but not the numbers, which depend on the machine.
import { expect, jest, test } from '@jest/globals'
import { cudaStatus, devices } from '../../lib/index'
import { gridmask, jsonOf } from './support'

jest.setTimeout(300_000)

test('measures every way to mask, each against the copy, and one thread against a loop', () => {
  const report = jsonOf(['bench', '--quick', '--threads', '2'])
  expect(report.cpu.name).toBe(devices()[0].name)
  expect(report.cuda.available).toBe(cudaStatus().available)
  const rows: { way: string; on: string; loopTimes: number | null; [key: string]: unknown }[] =
    report.rows.filter(({ on }: { on: string }) => !on.startsWith('cuda'))
  expect(rows.map(({ way, on }) => `${way}, ${on}`)).toEqual(
    Array.from({ length: 2 }, () => [
      'into another array, 1 thread',
      'in place, 1 thread',
      'into another array, 2 threads',
      'in place, 2 threads',
    ]).flat(),
  )
  for (const row of rows) {
    for (const key of ['milliseconds', 'imagesPerSecond', 'timesCopy']) {
      expect(row[key]).toBeGreaterThan(0)
    }
    if (row.on === '1 thread') expect(row.loopTimes).toBeGreaterThan(0)
    else expect(row.loopTimes).toBeNull()
  }
})

test('says in words what it compares with, and why there is no GPU', () => {
  const env = { GRIDMASK_CUDA_DRIVER: '/no/such/libcuda.so' }
  const { status, stdout, stderr } = gridmask(['bench', '--quick', '--threads', '1'], { env })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/^No GPU: .*\/no\/such\/libcuda\.so/m)
  expect(stdout).toMatch(/^64×3×224×224, ImageNet +into another array +1 thread +[\d.]+ (ms|µs) /m)
  expect(stdout).toContain('TypedArray.set of the batch into another array, one thread')
})
