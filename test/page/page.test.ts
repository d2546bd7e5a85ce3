// The page in a real browser: its pixels against the native addon's, and the program that it shows,
// run.
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from '@jest/globals'
import fc from 'fast-check'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { GridMask, keepRatio, maskOf, presets, type SampleParams } from '../../lib/index'
import {
  evaluate,
  type Faults,
  has,
  hasBrowser,
  launch,
  load,
  openTab,
  type Shown,
  show,
  shown,
} from './browser'

const PHONE = { width: 360, height: 740 }

// Beside other work, and with a first start of the browser.
jest.setTimeout(120_000)

let browser: Browser
let page: Page
let faults: Faults

const describeInBrowser = hasBrowser ? describe : describe.skip
describeInBrowser('the page', () => {
  beforeAll(async () => {
    browser = await launch()
    ;({ page, faults } = await openTab(browser))
  })
  afterAll(() => browser?.close())
  beforeEach(() => load(page))
  afterEach(() => expect(faults).toEqual([]))

  /** The mask on show, its kept fraction, and that the program on show makes it. */
  function expectMask(figures: Shown, params: SampleParams): void {
    const { width, height, mask, kept, call } = figures
    expect(Buffer.from(mask).equals(maskOf(params, [height, width]))).toBe(true)
    expect(kept).toBe(`${(100 * keepRatio(params, [height, width])).toFixed(2)} %`)
    const ones = new Uint8Array(3 * width * height).fill(1)
    expect(Buffer.from(keptBy(call, ones)).equals(mask)).toBe(true)
  }

  /** 1 where a program leaves the first channel of an image of ones as it is. */
  function keptBy(call: string, ones: Uint8Array): Uint8Array {
    return evaluate(call, ones)
      .filter((_, i) => i % 3 === 0)
      .map((value) => (value === 1 ? 1 : 0))
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
          await show(page, `#${words.join('&')}`)
          const figures = await shown(page)
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
      await show(page, `#d=5&ratio=0.6&width=300&height=300${words}`)
      const figures = await shown(page)
      expect(figures.limit).toBe(`${(100 * limit).toFixed(2)} %`)
      expect(figures.formula).toBe(formula)
      expect(Math.abs(Number.parseFloat(figures.kept) - 100 * limit)).toBeLessThan(0.3)
    })

    test('has offsets below d, also when d shrinks', async () => {
      await show(page, '#d=50&deltaX=40&deltaY=49&height=60&width=60')
      await page.fill('#d-number', '41')
      expectMask(await shown(page), { d: 41, ratio: 0.6, deltaX: 40, deltaY: 40 })
      expect(await page.getAttribute('#deltaX', 'max')).toBe('40')
    })
  })

  describe('drawn', () => {
    const names = Object.keys(presets) as (keyof typeof presets)[]

    test.each(names)('as the %s preset draws for a seed, an epoch and an index', async (name) => {
      const seen = new Set<boolean>()
      for (const [i, epoch] of [0, 90, 200, 299, 140.5].entries()) {
        const [seed, index] = [`${2n ** 63n + BigInt(i)}`, 7 * i]
        const drawing = `preset=${name}&seed=${seed}&epoch=${epoch}&index=${index}`
        await show(page, `#${drawing}&width=173&height=150`)
        const figures = await shown(page)
        const { height, width } = figures
        const gridmask = new GridMask({ ...presets[name], seed: BigInt(seed) })
        const plan = gridmask.plan({ count: 1, epoch, index, height, width })
        const sample = plan.at(0) as NonNullable<ReturnType<typeof plan.at>>
        expectMask(figures, sample)
        expect(figures.status).toMatch(sample.masked ? /is masked/ : /is left as it is/)
        const p = `p = ${(100 * gridmask.probabilityAt(epoch)).toFixed(2)} %`
        expect(await page.textContent('#probability')).toContain(p)
        const shownSize = `--seed ${seed} --epoch ${epoch} --size ${width}x${height}`
        expect(figures.command).toBe(
          `npx gridmask preview photo.jpg --preset ${name} ${shownSize} --count ${index + 1}`,
        )
        seen.add(sample.masked)
      }
      expect(seen.size).toBe(2)
    })

    test('with settings of one’s own in the preset’s place', async () => {
      await show(page, '#preset=imagenet&epoch=290&ratio=0.45&reverse=true&unitProbability=0.5')
      const options = { ratio: 0.45, reverse: true, unitProbability: 0.5 }
      const gridmask = new GridMask({ ...presets.imagenet, ...options })
      const plan = gridmask.plan({ count: 1, epoch: 290, index: 0 })
      const figures = await shown(page)
      expectMask(figures, plan.at(0) as SampleParams)
      expect(figures.command).toContain('--ratio 0.45 --reverse --unit-probability 0.5')
    })
  })

  describe('its controls', () => {
    const modeOf = () =>
      page.evaluate<string>('document.querySelector("input[name=mode]:checked").value')

    test.each([
      ['ratio', 'same', 0.01],
      ['unitProbability', 'same', -0.01],
      ['d', 'hand', 1],
      ['deltaX', 'hand', 1],
      ['deltaY', 'hand', 1],
      ['angle', 'hand', 1],
      ['epoch', 'drawn', 1],
      ['index', 'drawn', 1],
    ])('the slider of %s moves by keys', async (key, mode, step) => {
      for (const start of ['hand', 'drawn']) {
        await show(page, `#mode=${start}&d=40&preset=imagenet&epoch=250&index=4&angle=20`)
        const before = await shown(page)
        const value = Number(await page.inputValue(`#${key}`))
        await page.focus(`#${key}`)
        for (let i = 0; i < 3; i++) await page.keyboard.press(step > 0 ? 'ArrowRight' : 'ArrowLeft')
        const figures = await shown(page)
        expect(Number(await page.inputValue(`#${key}-number`))).toBeCloseTo(value + 3 * step, 9)
        expect(await modeOf()).toBe(mode === 'same' ? start : mode)
        expect(figures.call).not.toBe(before.call)
        // The program is the witness: that it makes the mask of the addon is tested above.
        const ones = new Uint8Array(3 * figures.width * figures.height).fill(1)
        expect(Buffer.from(keptBy(figures.call, ones)).equals(figures.mask)).toBe(true)
      }
    })

    test('reverse turns the mask into what it is not', async () => {
      const before = await shown(page)
      await page.focus('#reverse')
      await page.keyboard.press('Space')
      const after = await shown(page)
      expect(after.mask).toEqual(before.mask.map((kept) => 1 - kept))
      expect(after.call).toContain('reverse: true')
    })

    test('a preset brings its size and its ratio', async () => {
      await page.selectOption('#preset', 'cifar10')
      const { width, height } = await shown(page)
      expect([width, height]).toEqual([32, 32])
      expect(await page.inputValue('#ratio-number')).toBe('0.4')
      expect(await modeOf()).toBe('drawn')
    })

    test('what is drawn can be gone on with by hand', async () => {
      await show(page, '#preset=imagenet&epoch=299&seed=5&unitProbability=0.5')
      const drawn = await shown(page)
      expect(drawn.mask).toContain(0)
      await page.check('input[value=hand]')
      const byHand = await shown(page)
      expect(byHand.mask).toEqual(drawn.mask)
      expect(byHand.call).toContain('Plan.from')
    })

    test.each([
      ['d-number', '0', '40'],
      ['ratio-number', '1', '0.6'],
      ['seed', '18446744073709551616', '0'],
      ['width', '1025', '224'],
      ['epoch-number', '', '240'],
    ])('%s refuses “%s”, and shows again what holds', async (id, text, held) => {
      await show(page, '#d=40')
      const before = await shown(page)
      await page.fill(`#${id}`, text)
      expect((await shown(page)).call).toBe(before.call)
      expect(await page.getAttribute(`#${id}`, 'aria-invalid')).toBe('true')
      await page.locator(`#${id}`).blur()
      await shown(page)
      expect(await page.inputValue(`#${id}`)).toBe(held)
      expect(await page.getAttribute(`#${id}`, 'aria-invalid')).toBeNull()
    })

    test('all have a name and a description for those who cannot see them', async () => {
      const nameless = await page.evaluate<
        string[]
      >(`[...document.querySelectorAll('input, select')]
        .filter((control) => {
          const texts = ['aria-labelledby', 'aria-describedby'].map((name) => control.getAttribute(name)
            ?.split(' ').map((id) => document.getElementById(id)?.textContent ?? 'none').join(''))
          const named = control.labels.length > 0 || texts[0] !== undefined
          return !named || texts.some((text) => text === '' || text === 'none')
        }).map(({ id }) => id)`)
      expect(nameless).toEqual([])
    })

    test('the address says what is on show', async () => {
      await page.focus('#angle')
      await page.keyboard.press('ArrowRight')
      await page.check('#reverse')
      await page.fill('#width', '61')
      const before = await shown(page)
      await load(page, page.url())
      expect(await shown(page)).toEqual(before)
    })

    test('what an address has no meaning for is told', async () => {
      await show(page, '#d=40&ratio=7&seed=9&colour=red')
      const { call } = await shown(page)
      expect(call).toContain('{ d: 40, ratio: 0.6, deltaX: 0, deltaY: 0 }')
      expect(await page.textContent('#ignored')).toBe(
        'Not understood in the address: ratio, colour.',
      )
    })

    test('the program can be copied', async () => {
      await page.click('#copy')
      await has(page, '#copied', /\S/)
      expect(await page.textContent('#copied')).toMatch(/^(Copied|Selected)/)
      // What was copied is what is shown, until that changes.
      await page.uncheck('#unit')
      await shown(page)
      expect(await page.textContent('#copied')).toMatch(/^(Copied|Selected)/)
      await page.fill('#d-number', '41')
      await shown(page)
      expect(await page.textContent('#copied')).toBe('')
    })

    test.each([['seed', '-1', 'Expected seed to be a whole number in [0, 2⁶⁴).']])(
      'beside a wrong %s stands what is expected',
      async (id, text, problem) => {
        await page.fill(`#${id}`, text)
        await shown(page)
        expect(await page.textContent(`#${id}-problem`)).toBe(problem)
        await page.fill(`#${id}`, '7')
        await shown(page)
        expect(await page.textContent(`#${id}-problem`)).toBe('')
      },
    )

    test('begin with the mode, the preset and the unit, which is shown', async () => {
      const ids = await page.evaluate<
        string[]
      >(`[...document.querySelectorAll('#controls :is(input, select)')].slice(0, 4)
        .map(({ id, value }) => id || value)`)
      expect(ids).toEqual(['hand', 'drawn', 'preset', 'unit'])
      expect(await page.isChecked('#unit')).toBe(true)
      const labels = await page.locator('.overlay').first().locator('text').allTextContents()
      expect(labels).toEqual(['d', 'l', 'δ'])
    })

    test('the unit is drawn where the mask has it', async () => {
      await show(page, '#d=61&ratio=0.5&deltaX=9&deltaY=30&angle=33&height=181&width=240')
      await page.check('#unit')
      const { mask, width } = await shown(page)
      const path = await page.getAttribute('.overlay .square', 'd')
      const numbers = (path?.match(/-?[\d.]+/g) ?? []).map(Number)
      const corners = [0, 2, 4, 6].map((i) => [numbers[i] as number, numbers[i + 1] as number])
      const centre = [0, 1].map((k) => corners.reduce((sum, c) => sum + (c[k] as number) / 4, 0))
      const keptAt = (share: number) =>
        corners.map((corner) => {
          const [x, y] = [0, 1].map(
            (k) => (centre[k] as number) + share * ((corner[k] as number) - (centre[k] as number)),
          )
          return mask[Math.floor(y as number) * width + Math.floor(x as number)]
        })
      expect(keptAt(0.94)).toEqual([0, 0, 0, 0])
      expect(keptAt(1.06)).toEqual([1, 1, 1, 1])
    })
  })

  describe('pictures', () => {
    const [width, height] = [61, 47]
    const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 7919) % 251)
    const file = async () => {
      const raw = { width, height, channels: 3 } as const
      return {
        name: 'own.png',
        mimeType: 'image/png',
        buffer: await sharp(pixels, { raw }).png().toBuffer(),
      }
    }
    const hash = `#d=20&ratio=0.5&angle=30&width=${width}&height=${height}`

    test('of one’s own are masked as the program on show does it', async () => {
      await show(page, hash)
      const sample = await shown(page)
      await page.setInputFiles('#file', await file())
      await expectOwn()
      await page.click('#sample')
      await page.waitForTimeout(100)
      expect((await shown(page)).result).toEqual(sample.result)
    })

    test('can be dropped on the page', async () => {
      await show(page, hash)
      await shown(page)
      const base64 = (await file()).buffer.toString('base64')
      await page.evaluate(`fetch = undefined; {
        const bytes = Uint8Array.from(atob('${base64}'), (c) => c.charCodeAt(0))
        const dataTransfer = new DataTransfer()
        dataTransfer.items.add(new File([bytes], 'own.png', { type: 'image/png' }))
        for (const type of ['dragover', 'drop']) {
          document.querySelector('h1').dispatchEvent(
            new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
        }
      }`)
      await expectOwn()
    })

    /** The result is the program's, byte for byte, once the picture is read. */
    async function expectOwn(): Promise<void> {
      let figures = await shown(page)
      const expected = evaluate(figures.call, pixels)
      for (let i = 0; i < 50 && !Buffer.from(expected).equals(figures.result); i++) {
        await page.waitForTimeout(20)
        figures = await shown(page)
      }
      expect(Buffer.from(expected).equals(figures.result)).toBe(true)
      expect(expected).not.toEqual(pixels)
    }

    test('that are none are told', async () => {
      const before = await shown(page)
      const buffer = Buffer.from('no picture')
      await page.setInputFiles('#file', { name: 'notes.png', mimeType: 'image/png', buffer })
      await has(page, '#status', /notes\.png/)
      expect((await shown(page)).result).toEqual(before.result)
    })

    test('are cut in the middle, to the image’s shape', async () => {
      // Thirds in three colours: of a square, only the middle one is left.
      const thirds = Buffer.from(
        Array.from({ length: 90 * 30 }, (_, i) =>
          [0, 1, 2].map((c) => (Math.floor((i % 90) / 30) === c ? 255 : 0)),
        ).flat(),
      )
      const buffer = await sharp(thirds, { raw: { width: 90, height: 30, channels: 3 } })
        .png()
        .toBuffer()
      await show(page, '#d=20&unitProbability=0&width=12&height=12')
      await page.setInputFiles('#file', { name: 'thirds.png', mimeType: 'image/png', buffer })
      await page.waitForTimeout(200)
      const { result } = await shown(page)
      expect([...result]).toEqual(Array.from({ length: 144 }, () => [0, 255, 0]).flat())
    })
  })

  describe('fills', () => {
    const [width, height] = [61, 47]
    const picture = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 7919) % 251)
    const hash = `width=${width}&height=${height}&ratio=0.5`

    /** Shows an address with a picture of the test's own. */
    async function showOwn(address: string): Promise<Shown> {
      await show(page, address)
      const raw = { width, height, channels: 3 } as const
      const buffer = await sharp(picture, { raw }).png().toBuffer()
      await page.setInputFiles('#file', { name: 'own.png', mimeType: 'image/png', buffer })
      for (let i = 0; i < 50; i++) {
        const figures = await shown(page)
        if (
          figures.mask.every((kept, p) => kept !== 1 || figures.result[3 * p] === picture[3 * p])
        ) {
          return figures
        }
        await page.waitForTimeout(20)
      }
      throw new Error('The picture is not shown.')
    }

    const modes = [
      `#d=20&deltaX=3&angle=30&seed=9&${hash}`,
      `#preset=cifar10&epoch=299&index=3&seed=9&${hash}`,
    ]

    test.each(['mean', 'black', 'uniform', 'normal'])(
      '%s: the result is the program’s, byte for byte',
      async (fill) => {
        for (const address of modes) {
          const figures = await showOwn(`${address}&fill=${fill}`)
          expect(figures.mask).toContain(0)
          expect(await page.inputValue('#fill')).toBe(fill)
          const expected = evaluate(figures.call, picture)
          expect(Buffer.from(expected).equals(figures.result)).toBe(true)
          const command = ['mean', 'black'].includes(fill) && address.includes('epoch')
          expect(figures.command !== '').toBe(command)
          expect(figures.command.includes('--fill 0')).toBe(command && fill === 'black')
        }
      },
    )

    test('gridmix: dropped pixels are those of the other image, and the label is mixed', async () => {
      for (const address of modes) {
        const figures = await showOwn(`${address}&fill=gridmix`)
        // The other image, from what this mask and its reverse show of it.
        const reversed = await showOwn(`${address}&fill=gridmix&reverse=true`)
        const other = figures.result.map((value, i) =>
          figures.mask[Math.floor(i / 3)] === 0 ? value : (reversed.result[i] as number),
        )
        expect(new Set(other).size).toBeGreaterThan(50)
        const both = new Uint8Array([...picture, ...other])
        const expected = evaluate(figures.call, both).subarray(0, picture.length)
        expect(Buffer.from(expected).equals(figures.result)).toBe(true)
        await show(page, `${address}&fill=gridmix`)
        const { kept } = await shown(page)
        expect(await page.textContent('#labels')).toContain(`Label: ${kept} of this image`)
      }
    })
  })

  test.each([
    [
      'a phone on its side',
      { viewport: { width: 740, height: 360 }, hasTouch: true, isMobile: true },
    ],
    ['a window at 200 %', { viewport: { width: 640, height: 400 } }],
  ])('%s has mask and result in sight of every control', async (_, options) => {
    const tab = await openTab(browser, options)
    await load(tab.page)
    const { width, height } = options.viewport
    expect(await tab.page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    for (const id of ['preset', 'ratio', 'angle', 'epoch', 'seed', 'width']) {
      await tab.page.locator(`#${id}`).focus()
      const [control, ...figures] = await Promise.all(
        [`#${id}`, '#mask', '#result'].map((what) => tab.page.locator(what).boundingBox()),
      )
      expect((control?.y ?? -1) >= 0 && (control?.y ?? height) < height).toBe(true)
      for (const figure of figures) {
        expect(figure?.y).toBeGreaterThanOrEqual(0)
        expect((figure?.y ?? 0) + (figure?.height ?? 0)).toBeLessThanOrEqual(height)
        // Beside the controls, not under them.
        expect((figure?.x ?? 0) + (figure?.width ?? 0)).toBeLessThanOrEqual(control?.x ?? 0)
        expect(figure?.height).toBeGreaterThan(100)
      }
    }
    expect(tab.faults).toEqual([])
    await tab.page.context().close()
  })

  test.each(['light', 'dark'] as const)('borders of controls have 3:1, %s', async (colorScheme) => {
    const tab = await openTab(browser, { colorScheme })
    await load(tab.page)
    const colours = await tab.page.evaluate<string[]>(`(() => {
      const style = (selector) => getComputedStyle(document.querySelector(selector))
      return [style('#seed').borderTopColor, style('#seed').backgroundColor,
        style('fieldset').backgroundColor, style('fieldset').borderTopColor,
        style(':root').backgroundColor]
    })()`)
    await tab.page.context().close()
    const luminance = (colour: string) => {
      const [r = 0, g = 0, b = 0] = (colour.match(/\d+/g) ?? []).map((text) => {
        const value = Number(text) / 255
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const [edge, inside, panel, outline, back] = colours.map(luminance) as [number, ...number[]]
    const contrast = (a = 0, b = 0) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    for (const around of [inside, panel]) expect(contrast(edge, around)).toBeGreaterThan(3)
    for (const around of [panel, back]) expect(contrast(outline, around)).toBeGreaterThan(3)
  })

  test('fits a phone, with the figures in sight of every control', async () => {
    const phone = await openTab(browser, { viewport: PHONE, hasTouch: true, isMobile: true })
    await load(phone.page)
    await show(phone.page, '#preset=coco&epoch=9')
    await shown(phone.page)
    expect(await phone.page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width)
    for (const id of ['ratio', 'angle', 'epoch', 'width']) {
      await phone.page.locator(`#${id}`).focus()
      const [control, figure, view] = await Promise.all(
        [`#${id}`, '#result', '#view'].map((what) => phone.page.locator(what).boundingBox()),
      )
      expect(figure?.y).toBeGreaterThanOrEqual(0)
      expect(control?.y).toBeGreaterThanOrEqual((view?.y ?? 0) + (view?.height ?? 0) - 1)
      expect(control?.y).toBeLessThan(PHONE.height)
    }
    expect(phone.faults).toEqual([])
    await phone.page.context().close()
  })

  test('is dark where that is preferred', async () => {
    const colour = async (colorScheme: 'light' | 'dark') => {
      const tab = await openTab(browser, { colorScheme })
      await load(tab.page)
      const backgroundColor = 'getComputedStyle(document.documentElement).backgroundColor'
      const rgb = await tab.page.evaluate<string>(backgroundColor)
      await tab.page.context().close()
      return Number(/\d+/.exec(rgb)?.[0])
    }
    expect(await colour('light')).toBeGreaterThan(200)
    expect(await colour('dark')).toBeLessThan(60)
  })
})
