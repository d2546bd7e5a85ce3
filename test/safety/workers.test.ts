// One addon and one pool of threads for all environments of the process, which come and go.
import { describe, expect, test } from '@jest/globals'
import { clean, runFixture } from './support'

describe('worker threads', () => {
  test.each([
    ['30 of them', 'one-after-another'],
    ['100 of them', 'at-once'],
  ])(
    '%s may open, use and leave the addon (%s)',
    async (_, scenario) => {
      expect(await runFixture('workers', [scenario])).toEqual(clean(0, 'done\n'))
    },
    60_000,
  )

  test('may be the first to load the addon, and leave before the main thread does', async () => {
    expect(await runFixture('workers', ['before-main'])).toEqual(clean(0, 'done\n'))
  })

  test('may work alongside the main thread', async () => {
    expect(await runFixture('workers', ['beside-main'])).toEqual(clean(0, 'done\n'))
  })

  test('may work on parts of one shared buffer, synchronously or not, alongside the main thread', async () => {
    expect(await runFixture('threads')).toEqual(clean(0, 'done\n'))
  })
})
