/** The form: each control with its label, one line on what it does, and a place to say what is wrong with it. */
import { fills, presetNames, type State } from './state'

/** Controls with a slider and a field. */
export type SliderKey =
  | 'ratio'
  | 'unitProbability'
  | 'd'
  | 'deltaX'
  | 'deltaY'
  | 'angle'
  | 'epoch'
  | 'index'

interface Slider {
  key: SliderKey
  group: string
  label: string
  hint: string
  min: number
  max: number
  step: number
}

export const sliders: readonly Slider[] = [
  {
    key: 'ratio',
    group: 'setting',
    label: 'Ratio <i>r</i>',
    hint: 'Width of the kept stripe as a fraction of d. A larger r keeps more.',
    min: 0.01,
    max: 0.99,
    step: 0.01,
  },
  {
    key: 'unitProbability',
    group: 'setting',
    label: '<i>p<sub>u</sub></i>',
    hint: 'Random GridMask: a unit drops its square with this probability.',
    min: 0,
    max: 1,
    step: 0.01,
  },
  {
    key: 'd',
    group: 'hand',
    label: 'Unit <i>d</i>',
    hint: 'Side of the unit that is tiled over the image, in pixels.',
    min: 1,
    max: 224,
    step: 1,
  },
  {
    key: 'deltaX',
    group: 'hand',
    label: 'Offset <i>δ<sub>x</sub></i>',
    hint: 'Moves the unit to the right, before the lattice is turned. Pixels, below d.',
    min: 0,
    max: 223,
    step: 1,
  },
  {
    key: 'deltaY',
    group: 'hand',
    label: 'Offset <i>δ<sub>y</sub></i>',
    hint: 'Moves the unit down, before the lattice is turned. Pixels, below d.',
    min: 0,
    max: 223,
    step: 1,
  },
  {
    key: 'angle',
    group: 'hand',
    label: 'Angle',
    hint: 'Turns the lattice about the centre of the image. Degrees, counter-clockwise.',
    min: 0,
    max: 359,
    step: 1,
  },
  {
    key: 'epoch',
    group: 'drawing',
    label: 'Epoch',
    hint: 'Every epoch draws new masks. The schedule sets how many samples are masked.',
    min: 0,
    max: 300,
    step: 1,
  },
  {
    key: 'index',
    group: 'drawing',
    label: 'Index',
    hint: 'The number of the sample in the epoch.',
    min: 0,
    max: 99,
    step: 1,
  },
]

/** Where a control says what is wrong with the typed text. */
const problem = (key: string) => `<p class="problem" id="${key}-problem" role="alert"></p>`
const described = (key: string) => `aria-describedby="${key}-hint ${key}-problem"`

function sliderHtml({ key, label, hint, min, max, step }: Slider): string {
  const range = `min="${min}" max="${max}" step="${step}" ${described(key)}`
  return `<div class="control">
    <label for="${key}">${label}</label>
    <input type="range" id="${key}" ${range}>
    <input type="number" id="${key}-number" ${range} aria-labelledby="${key}-name">
    <span id="${key}-name" hidden>${label.replace(/<[^>]+>/g, '')}, exactly</span>
    <p class="hint" id="${key}-hint">${hint}</p>
    ${problem(key)}
  </div>`
}

const reverseHtml = `<div class="control">
    <label class="choice"><input type="checkbox" id="reverse" aria-describedby="reverse-hint"> Reverse</label>
    <p class="hint" id="reverse-hint">RevGridMask: keeps the squares and drops the stripes.</p>
  </div>`

const seedHtml = `<div class="control short">
    <label for="seed">Seed</label>
    <input id="seed" inputmode="numeric" pattern="[0-9]{1,20}" ${described('seed')}>
    <p class="hint" id="seed-hint">Every draw depends on it. A whole number below 2<sup>64</sup>.</p>
    ${problem('seed')}
  </div>`

const fillNames: Record<State['fill'], string> = {
  mean: 'the mean colour',
  black: 'black, 0',
  uniform: 'uniform noise',
  normal: 'normal noise',
  gridmix: 'another image: GridMix',
}

const fillHtml = `<div class="control short">
    <label for="fill">Fill</label>
    <select id="fill" aria-describedby="fill-hint">${fills
      .map((fill) => `<option value="${fill}">${fillNames[fill]}</option>`)
      .join('')}</select>
    <p class="hint" id="fill-hint">What dropped pixels become. In a normalised batch the mean colour is 0.</p>
  </div>`

const presetHtml = `<div class="control short">
    <label for="preset">Preset</label>
    <select id="preset" aria-describedby="preset-hint">${presetNames
      .map((name) => `<option>${name}</option>`)
      .join('')}</select>
    <p class="hint" id="preset-hint">The authors’ settings and image size.</p>
  </div>`

const unitHtml = `<label class="choice"><input type="checkbox" id="unit" checked>
    Show one unit: <i>d</i>, <i>l</i>, <i>δ</i></label>`

const scheduleHtml = `<div class="schedule">
    <svg id="schedule" viewBox="0 0 300 60" preserveAspectRatio="none" aria-hidden="true"><path/><circle r="4"/></svg>
    <p><output id="probability" for="epoch preset"></output></p>
  </div>`

export function element<T extends Element = HTMLInputElement>(id: string): T {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`No element ${id}`)
  return found as unknown as T
}

/** Puts the controls into the form. */
export function makeControls(): void {
  const group = (name: string) => sliders.filter((slider) => slider.group === name).map(sliderHtml)
  const add = (id: string, parts: string[]) =>
    element(id).insertAdjacentHTML('beforeend', parts.join(''))
  add('mode', [presetHtml, unitHtml])
  const [ratio = '', unitProbability = ''] = group('setting')
  add('setting', [ratio, fillHtml, reverseHtml, unitProbability])
  add('hand', group('hand'))
  const [epoch = '', index = ''] = group('drawing')
  add('drawing', [epoch, scheduleHtml, index, seedHtml])
}

/** Shows a state in the controls. The focused one is left alone, since the user is typing in it. */
export function showControls(state: State, d: number): void {
  const write = (id: string, value: string) => {
    const input = element(id)
    if (input !== document.activeElement || input.type === 'range') input.value = value
    input.removeAttribute('aria-invalid')
    const problem = document.getElementById(`${id.replace('-number', '')}-problem`)
    if (problem !== null) problem.textContent = ''
  }
  const largest: Partial<Record<SliderKey, number>> = {
    d: Math.max(state.height, state.width, d),
    deltaX: d - 1,
    deltaY: d - 1,
    epoch: Math.max(300, state.epoch),
    index: Math.max(99, state.index),
  }
  for (const { key, max } of sliders) {
    for (const id of [key, `${key}-number`]) {
      element(id).max = String(largest[key] ?? max)
      write(id, String(state[key]))
    }
  }
  for (const id of ['seed', 'preset', 'fill', 'width', 'height'] as const)
    write(id, String(state[id]))
  element('reverse').checked = state.reverse
  for (const radio of document.querySelectorAll<HTMLInputElement>('input[name=mode]')) {
    radio.checked = radio.value === state.mode
  }
}

/** Marks a control whose text is not a value, and says next to it what is expected. */
export function showProblem(input: HTMLInputElement, key: keyof State, error: unknown): void {
  input.setAttribute('aria-invalid', 'true')
  const [expected = ''] = (error as Error).message.split(/, (?:but received|beyond)/)
  element(`${key}-problem`).textContent = `${expected.replaceAll('`', '').replace(/\.$/, '')}.`
}
