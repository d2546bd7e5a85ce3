// Results are memory outside JavaScript's heap: it must go when they do, under load too.
import { describe, expect, jest, test } from '@jest/globals'
import { clean, runFixture } from './support'

jest.setTimeout(60_000)

/** MiB. 2000 results of 192 KiB are 375; the allocator of the C library keeps a little for itself. */
const BOUND = { rss: 48, external: 2, arrayBuffers: 2, heapUsed: 4 }

async function grownBy(work: string): Promise<Record<string, number>> {
  const outcome = await runFixture('memory', work)
  expect(outcome).toEqual(clean())
  return JSON.parse(outcome.stdout)
}

describe('memory stays flat', () => {
  test.each([
    ['apply', 'apply'],
    ['applyAsync', 'applyAsync'],
    ['applyAsync, many in flight', 'many'],
    ['an out that is dropped', 'out'],
    ['plans and masks', 'plans'],
    ['calls that fail', 'failures'],
  ])('over thousands of calls: %s', async (_, work) => {
    const grown = Object.entries(await grownBy(work)) as [keyof typeof BOUND, number][]
    expect(grown.map(([key]) => key)).toEqual(Object.keys(BOUND))
    expect(grown.filter(([key, mebibytes]) => mebibytes > BOUND[key])).toEqual([])
  })

  test('with a great many channels', async () => {
    expect((await grownBy('planes')).rss).toBeLessThan(64)
  })
})
