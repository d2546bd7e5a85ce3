// The page's controls: what they change, what they refuse, and what they say.
import { expect, test } from '@jest/globals'
import { has } from './browser'
import { describeInBrowser, keptBy, load, openBeforeEach, show, shown } from './shown'

describeInBrowser('the controls of the page', () => {
  const tab = openBeforeEach()

  const modeOf = () =>
    tab.page.evaluate<string>('document.querySelector("input[name=mode]:checked").value')

  test.each([
    ['ratio', 'same', 0.01],
    ['unitProbability', 'same', -0.01],
    ['d', 'hand', 1],
    ['deltaX', 'hand', 1],
    ['deltaY', 'hand', 1],
    ['angle', 'hand', 1],
    ['epoch', 'drawn', 1],
    ['index', 'drawn', 1],
  ])('the slider of %s moves with keys', async (key, mode, step) => {
    for (const start of ['hand', 'drawn']) {
      await show(tab.page, `#mode=${start}&d=40&preset=imagenet&epoch=250&index=4&angle=20`)
      const before = await shown(tab.page)
      const value = Number(await tab.page.inputValue(`#${key}`))
      await tab.page.focus(`#${key}`)
      for (let i = 0; i < 3; i++)
        await tab.page.keyboard.press(step > 0 ? 'ArrowRight' : 'ArrowLeft')
      const figures = await shown(tab.page)
      expect(Number(await tab.page.inputValue(`#${key}-number`))).toBeCloseTo(value + 3 * step, 9)
      expect(await modeOf()).toBe(mode === 'same' ? start : mode)
      expect(figures.call).not.toBe(before.call)
      // Checked by the program: masks.test.ts tests that it makes the addon's mask.
      expect(Buffer.from(keptBy(figures)).equals(figures.mask)).toBe(true)
    }
  })

  test('reverse inverts the mask', async () => {
    const before = await shown(tab.page)
    await tab.page.focus('#reverse')
    await tab.page.keyboard.press('Space')
    const after = await shown(tab.page)
    expect(after.mask).toEqual(before.mask.map((kept) => 1 - kept))
    expect(after.call).toContain('reverse: true')
  })

  test('a preset brings its size and its ratio', async () => {
    await tab.page.selectOption('#preset', 'cifar10')
    const { width, height } = await shown(tab.page)
    expect([width, height]).toEqual([32, 32])
    expect(await tab.page.inputValue('#ratio-number')).toBe('0.4')
    expect(await modeOf()).toBe('drawn')
  })

  test('a drawn mask can be changed by hand', async () => {
    await show(tab.page, '#preset=imagenet&epoch=299&seed=5&unitProbability=0.5')
    const drawn = await shown(tab.page)
    expect(drawn.mask).toContain(0)
    await tab.page.check('input[value=hand]')
    const byHand = await shown(tab.page)
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
    await show(tab.page, '#d=40')
    const before = await shown(tab.page)
    await tab.page.fill(`#${id}`, text)
    expect((await shown(tab.page)).call).toBe(before.call)
    expect(await tab.page.getAttribute(`#${id}`, 'aria-invalid')).toBe('true')
    await tab.page.locator(`#${id}`).blur()
    await shown(tab.page)
    expect(await tab.page.inputValue(`#${id}`)).toBe(held)
    expect(await tab.page.getAttribute(`#${id}`, 'aria-invalid')).toBeNull()
  })

  test('all have a name and a description for screen readers', async () => {
    const nameless = await tab.page.evaluate<
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

  test('the address says what is shown', async () => {
    await tab.page.focus('#angle')
    await tab.page.keyboard.press('ArrowRight')
    await tab.page.check('#reverse')
    await tab.page.fill('#width', '61')
    const before = await shown(tab.page)
    await load(tab.page, tab.page.url())
    expect(await shown(tab.page)).toEqual(before)
  })

  test('parts of an address that mean nothing are reported', async () => {
    await show(tab.page, '#d=40&ratio=7&seed=9&colour=red')
    const { call } = await shown(tab.page)
    expect(call).toContain('{ d: 40, ratio: 0.6, deltaX: 0, deltaY: 0 }')
    expect(await tab.page.textContent('#ignored')).toBe(
      'Not understood in the address: ratio, colour.',
    )
  })

  test('the program can be copied', async () => {
    await tab.page.click('#copy')
    await has(tab.page, '#copied', /\S/)
    expect(await tab.page.textContent('#copied')).toMatch(/^(Copied|Selected)/)
    // It says "copied" until the program changes.
    await tab.page.uncheck('#unit')
    await shown(tab.page)
    expect(await tab.page.textContent('#copied')).toMatch(/^(Copied|Selected)/)
    await tab.page.fill('#d-number', '41')
    await shown(tab.page)
    expect(await tab.page.textContent('#copied')).toBe('')
  })

  test.each([['seed', '-1', 'Expected seed to be a whole number in [0, 2⁶⁴).']])(
    'next to a wrong %s, the page says what is expected',
    async (id, text, problem) => {
      await tab.page.fill(`#${id}`, text)
      await shown(tab.page)
      expect(await tab.page.textContent(`#${id}-problem`)).toBe(problem)
      await tab.page.fill(`#${id}`, '7')
      await shown(tab.page)
      expect(await tab.page.textContent(`#${id}-problem`)).toBe('')
    },
  )

  test('begin with the mode, the preset and the unit, which is shown', async () => {
    const ids = await tab.page.evaluate<
      string[]
    >(`[...document.querySelectorAll('#controls :is(input, select)')].slice(0, 4)
      .map(({ id, value }) => id || value)`)
    expect(ids).toEqual(['hand', 'drawn', 'preset', 'unit'])
    expect(await tab.page.isChecked('#unit')).toBe(true)
    const labels = await tab.page.locator('.overlay').first().locator('text').allTextContents()
    expect(labels).toEqual(['d', 'l', 'δ'])
  })

  test('the unit is drawn where it is in the mask', async () => {
    await show(tab.page, '#d=61&ratio=0.5&deltaX=9&deltaY=30&angle=33&height=181&width=240')
    await tab.page.check('#unit')
    const { mask, width } = await shown(tab.page)
    const path = await tab.page.getAttribute('.overlay .square', 'd')
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
