// The page's mask, pixel by pixel, against the native addon's, and the program that it shows, run.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { GridMask, keepRatio, maskOf, presets, type SampleParams } from '../../lib/index'
import { describeInBrowser, keptBy, openBeforeEach, type Shown, show, shown } from './shown'

describeInBrowser('the mask on the page', () => {
  const tab = openBeforeEach()

  /** The displayed mask, its kept fraction, and that the displayed program makes it. */
  function expectMask(figures: Shown, params: SampleParams): void {
    const { width, height, mask, kept } = figures
    expect(Buffer.from(mask).equals(maskOf(params, [height, width]))).toBe(true)
    expect(kept).toBe(`${(100 * keepRatio(params, [height, width])).toFixed(2)} %`)
    expect(Buffer.from(keptBy(figures)).equals(mask)).toBe(true)
  }

  describe('set by hand', () => {
    const params = fc
      .record({
        d: fc.integer({ min: 1, max: 90 }),
        ratio: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        deltas: fc.tuple(fc.nat(89), fc.nat(89)),
        angle: fc.integer({ min: -30, max: 400 }),
        reverse: fc.boolean(),
        unitProbability: fc.constantFrom(0, 0.3, 0.5, 0.9, 1),
        unitKey: fc.tuple(fc.nat(2 ** 31 - 1), fc.nat(2 ** 31 - 1)),
        seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
      })
      .map(({ deltas: [x, y], ...rest }) => ({ ...rest, deltaX: x % rest.d, deltaY: y % rest.d }))
    const size = fc.record({
      height: fc.integer({ min: 1, max: 130 }),
      width: fc.integer({ min: 1, max: 130 }),
    })

    test('draws the mask of the addon, and shows a program that makes it', async () => {
      await fc.assert(
        fc.asyncProperty(params, size, async (params, { height, width }) => {
          const words = Object.entries({ ...params, height, width }).map((pair) => pair.join('='))
          await show(tab.page, `#${words.join('&')}`)
          const figures = await shown(tab.page)
          expect([figures.height, figures.width]).toEqual([height, width])
          expectMask(figures, params)
        }),
        { numRuns: 40 },
      )
    })

    test.each([
      ['', 1 - 0.4 ** 2, '1 − (1 − r)², equation 3'],
      ['&reverse=true', 0.4 ** 2, '(1 − r)²'],
      ['&unitProbability=0.5', 1 - 0.5 * 0.4 ** 2, '1 − pu(1 − r)²'],
      ['&unitProbability=0.5&reverse=true', 0.5 * 0.4 ** 2, 'pu(1 − r)²'],
    ])('says what is kept in the limit: %s', async (words, limit, formula) => {
      // Many units, so that the limit is near.
      await show(tab.page, `#d=5&ratio=0.6&width=300&height=300${words}`)
      const figures = await shown(tab.page)
      expect(figures.limit).toBe(`${(100 * limit).toFixed(2)} %`)
      expect(figures.formula).toBe(formula)
      expect(Math.abs(Number.parseFloat(figures.kept) - 100 * limit)).toBeLessThan(0.3)
    })

    test('has offsets below d, also when d shrinks', async () => {
      await show(tab.page, '#d=50&deltaX=40&deltaY=49&height=60&width=60')
      await tab.page.fill('#d-number', '41')
      expectMask(await shown(tab.page), { d: 41, ratio: 0.6, deltaX: 40, deltaY: 40 })
      expect(await tab.page.getAttribute('#deltaX', 'max')).toBe('40')
    })
  })

  describe('drawn', () => {
    const names = Object.keys(presets) as (keyof typeof presets)[]

    test.each(names)('as the %s preset draws for a seed, an epoch and an index', async (name) => {
      const seen = new Set<boolean>()
      for (const [i, epoch] of [0, 90, 200, 299, 140.5].entries()) {
        const [seed, index] = [`${2n ** 63n + BigInt(i)}`, 7 * i]
        const drawing = `preset=${name}&seed=${seed}&epoch=${epoch}&index=${index}`
        await show(tab.page, `#${drawing}&width=173&height=150`)
        const figures = await shown(tab.page)
        const { height, width } = figures
        const gridmask = new GridMask({ ...presets[name], seed: BigInt(seed) })
        const plan = gridmask.plan({ count: 1, epoch, index, height, width })
        const sample = plan.at(0) as NonNullable<ReturnType<typeof plan.at>>
        expectMask(figures, sample)
        expect(figures.status).toMatch(sample.masked ? /is masked/ : /is left as it is/)
        const p = `p = ${(100 * gridmask.probabilityAt(epoch)).toFixed(2)} %`
        expect(await tab.page.textContent('#probability')).toContain(p)
        const shownSize = `--seed ${seed} --epoch ${epoch} --size ${width}x${height}`
        expect(figures.command).toBe(
          `npx gridmask preview photo.jpg --preset ${name} ${shownSize} --count ${index + 1}`,
        )
        seen.add(sample.masked)
      }
      expect(seen.size).toBe(2)
    })

    test('with settings of one’s own in the preset’s place', async () => {
      await show(tab.page, '#preset=imagenet&epoch=290&ratio=0.45&reverse=true&unitProbability=0.5')
      const options = { ratio: 0.45, reverse: true, unitProbability: 0.5 }
      const gridmask = new GridMask({ ...presets.imagenet, ...options })
      const plan = gridmask.plan({ count: 1, epoch: 290, index: 0 })
      const figures = await shown(tab.page)
      expectMask(figures, plan.at(0) as SampleParams)
      expect(figures.command).toContain('--ratio 0.45 --reverse --unit-probability 0.5')
    })
  })
})
