// The native code trusts nothing, though lib/ has checked it all: a number that lies would be a stray
// access.
import { describe, expect, test } from '@jest/globals'
import { clean, runFixture } from './support'

describe('native functions called with wrong arguments', () => {
  test('refuse them all, and never crash', async () => {
    const outcome = await runFixture('native-arguments')
    const lines = outcome.stdout.trimEnd().split('\n')
    expect(outcome).toEqual(clean())
    expect(lines.pop()).toBe('done')

    const answers = lines.map((line) => /^(.*): (.*?)$/.exec(line)?.slice(1) as [string, string])
    const honest = answers.filter(([call]) => call.endsWith('honest'))
    expect(honest).toEqual([
      ['apply: honest', '0'],
      ['apply, rectangles: honest', '0'],
      ['apply, drawing: honest', '0'],
      ['applyAsync: honest', 'a promise'],
      ['applyAsync, rectangles: honest', 'a promise'],
      ['applyAsync, drawing: honest', 'a promise'],
      ['apply, noise: honest', '0'],
      ['applyAsync, noise: honest', 'a promise'],
      ['draw: honest', '0'],
      ['countKept: honest', '0'],
      ['countKept, rectangles: honest', '0'],
      ['useInstructions: honest', '0'],
      ['useLargePages: honest', '0'],
      ['mix: honest', '0'],
      ['mixAsync: honest', 'a promise'],
      ['mix, drawing: honest', '0'],
      ['mixAsync, drawing: honest', 'a promise'],
      ['drawPartner: honest', '0'],
      ['drawPartner, drawing: honest', '0'],
      ['preprocess: honest', '0'],
      ['preprocessAsync: honest', 'a promise'],
      ['preprocess, drawing: honest', '0'],
      ['preprocessAsync, drawing: honest', 'a promise'],
      ['countSamples: honest', '0'],
      ['countSamples, drawing: honest', '0'],
    ])
    const lies = answers.filter(([call]) => !call.endsWith('honest'))
    expect(lies.length).toBeGreaterThan(400)
    // Statuses, of which 0 is success.
    expect(lies.filter(([, answer]) => !/^[1-9]\d*$/.test(answer))).toEqual([])
  })
})
