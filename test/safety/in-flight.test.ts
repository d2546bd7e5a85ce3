// What takes arrays works on memory of JavaScript while JavaScript goes on, and may go away.
import { describe, expect, test } from '@jest/globals'
import { clean, runFixture } from './support'

/** In two processes at once: what depends on the moment gets two, under load. */
const twice = (scenario: string, kind: string) =>
  Promise.all([1, 2].map(() => runFixture('in-flight', [scenario, kind])))

describe.each([
  // Had any work been done before it was cut short, there would be a word of it in the output.
  { name: 'applyAsync', kind: 'apply', ended: 'done\n' },
  // Counts pixels before it takes arrays: when all are taken, work on the first may have been done.
  { name: 'gridmixAsync', kind: 'gridmix', ended: expect.stringMatching(/^(settled\n)*done\n$/) },
])('while $name is in flight', ({ kind, ended }) => {
  const run = (scenario: string) => twice(scenario, kind)

  test.each(['exit', 'exit-later'])('the process may exit (%s)', async (scenario) => {
    for (const outcome of await run(scenario)) expect(outcome).toEqual(clean(7, ''))
  })

  test('the process may die of an error', async () => {
    for (const outcome of await run('throw')) {
      expect(outcome).toEqual({
        code: 1,
        signal: null,
        stdout: '',
        stderr: expect.stringContaining('thrown in flight'),
      })
    }
  })

  test.each(['terminate', 'terminate-shared'])(
    'a worker thread may be terminated (%s)',
    async (scenario) => {
      for (const outcome of await run(scenario)) expect(outcome).toEqual(clean(0, ended))
    },
  )

  test.each(['worker-exits', 'worker-throws'])('a worker thread may end (%s)', async (scenario) => {
    for (const outcome of await run(scenario)) expect(outcome).toEqual(clean(0, 'done\n'))
  })

  test('nobody needs to hold the promise or the result', async () => {
    for (const outcome of await run('abandon')) expect(outcome).toEqual(clean(0, 'done\n'))
  })

  test('the buffer can be neither transferred nor viewed', async () => {
    for (const outcome of await run('grab')) expect(outcome).toEqual(clean(0, 'done\n'))
  })

  test('the buffer cannot be resized', async () => {
    for (const outcome of await run('resize')) expect(outcome).toEqual(clean(0, 'done\n'))
  })

  test.each(['drop', 'drop-all'])(
    'garbage collection leaves the memory alone (%s)',
    async (scenario) => {
      for (const outcome of await run(scenario)) expect(outcome).toEqual(clean(0, 'done\n'))
    },
  )
})
