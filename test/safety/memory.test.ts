// Results are memory outside JavaScript's heap: it must go when they do, under load too. What native
// code allocates is counted to the byte (fixtures/counted_new.cc), what JavaScript holds by V8.
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { clean, runFixture } from './support'

const counted = join(__dirname, '../../build/test-memory/counted_new.node')
// It stands before the C++ library as only a preloaded library on Linux does.
const onLinux = process.platform === 'linux' ? describe : describe.skip

async function measured(work: string): Promise<Record<string, number>> {
  const env = { ...process.env, LD_PRELOAD: counted }
  const outcome = await runFixture('memory', [work, counted], env)
  expect(outcome).toEqual(clean())
  return JSON.parse(outcome.stdout)
}

onLinux('memory stays flat', () => {
  test.each([
    ['apply', 'apply'],
    ['applyAsync', 'applyAsync'],
    ['applyAsync, many in flight', 'many'],
    ['gridmix', 'gridmix'],
    ['gridmixAsync', 'gridmixAsync'],
    ['a baseline', 'cutout'],
    ['an out that is dropped', 'out'],
    ['plans and masks', 'plans'],
    ['calls that fail', 'failures'],
  ])('over 2000 calls: %s', async (_, work) => {
    const { heapUsed, external, arrayBuffers, ...grown } = await measured(work)
    expect(grown).toEqual({ allocations: 0, bytes: 0 })
    // V8 may still see the last call's arrays of numbers, not those of 2000 calls, nor images.
    expect(arrayBuffers).toBeLessThan(1024)
    // Of V8's own making is little: a call that kept an object would show.
    expect(external).toBeLessThan(2 ** 16)
    expect(heapUsed).toBeLessThan(2 ** 20)
  })

  test('very many channels need less memory than their pixels', async () => {
    const { peak } = await measured('planes')
    expect(peak).toBeGreaterThan(0)
    expect(peak).toBeLessThan(1)
  })
})
