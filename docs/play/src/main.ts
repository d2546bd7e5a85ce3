/** The interactive page: controls → state → sample → mask → figures, figures in words, call. */

import { referenceMask } from '../../../lib/fallback/reference'
import type { Sample } from '../../../lib/plan/plan'
import { callOf, commandOf } from './call'
import { element, makeControls, showControls, showProblem, sliders } from './controls'
import { drawMask, drawResult, drawUnit } from './figures'
import { cut, partnerPicture, pictureOf, samplePicture } from './picture'
import {
  hashOf,
  type PresetName,
  presetState,
  probabilityAt,
  readers,
  type State,
  sampleOf,
  stateOf,
  withDrawn,
  withinUnit,
} from './state'

/** What an address without parameters shows. */
const OPENING = '#d=96&deltaX=20&deltaY=40'

let state: State
let picture: ImageBitmap
let partner: ImageBitmap
let frame: number | undefined

/** Draws before the next frame: once, however many events there were. */
function change(next: State): void {
  state = withDrawn(withinUnit(next))
  if (frame !== undefined) return
  frame = requestAnimationFrame(() => {
    frame = undefined
    show()
  })
}

function show(): void {
  const sample = sampleOf(state)
  const size = [state.height, state.width] as const
  const mask = referenceMask(sample, size)
  drawMask(element('mask'), mask, size)
  const { width, height, fill } = state
  const [image, other] = [picture, partner].map((bitmap) => cut(bitmap, width, height))
  drawResult(element('result'), mask, image as ImageData, other as ImageData, fill, sample)
  const overlays = document.querySelectorAll<SVGSVGElement>('.overlay')
  for (const overlay of overlays) {
    if (element('unit').checked && sample.masked) drawUnit(overlay, sample, size)
    else overlay.replaceChildren()
  }
  showControls(state, sample.d)
  showKept(mask, sample)
  showSchedule(sample.masked)
  showFill(mask)
  const call = callOf(state, sample)
  // What was copied is no longer what is shown.
  if (element('call').textContent !== call) element('copied').textContent = ''
  element('call').textContent = call
  const command = commandOf(state)
  element<HTMLElement>('command-part').hidden = command === undefined
  element('command').textContent = command ?? ''
  history.replaceState(null, '', hashOf(state))
}

function showKept(mask: Uint8Array, { d, l }: Sample): void {
  const kept = mask.reduce((sum, value) => sum + value, 0)
  const { ratio, reverse, unitProbability } = state
  const random = unitProbability < 1
  const dropped = unitProbability * (1 - ratio) ** 2
  const square = `${random ? '<i>p<sub>u</sub></i>' : ''}(1 − <i>r</i>)²`
  element('kept').textContent = percent(kept / mask.length)
  element('limit').textContent = percent(reverse ? dropped : 1 - dropped)
  const formula = reverse ? square : `1 − ${square}${random ? '' : ', equation 3'}`
  element('formula').innerHTML = formula
  element('lattice').textContent = `stripes of ⌈d·r⌉ = ${l} pixels, squares of ${d - l}`
}

const results: Record<State['fill'], string> = {
  mean: 'dropped pixels have the mean colour',
  black: 'dropped pixels are 0',
  uniform: 'dropped pixels are uniform noise',
  normal: 'dropped pixels are normal noise',
  gridmix: 'dropped pixels come from the other image',
}

/** What the result shows, and for GridMix how its label is mixed. */
function showFill(mask: Uint8Array): void {
  const { fill } = state
  element('result-caption').textContent = `Result: ${results[fill]}`
  element('result').setAttribute('aria-label', `The picture; ${results[fill]}`)
  const lambda = mask.reduce((sum, value) => sum + value, 0) / mask.length
  element('labels').textContent =
    fill === 'gridmix'
      ? `Label: ${percent(lambda)} of this image, ${percent(1 - lambda)} of the other one.`
      : ''
  element<HTMLElement>('partner-note').hidden = fill !== 'gridmix'
}

function showSchedule(masked: boolean): void {
  const { preset, epoch, mode } = state
  const p = probabilityAt(preset, epoch)
  const last = Number(element('epoch').max)
  const x = (e: number) => (300 * e) / last
  const y = (value: number) => 56 - 52 * value
  const points = Array.from({ length: 101 }, (_, i) => {
    const e = (last * i) / 100
    return `${x(e)} ${y(probabilityAt(preset, e))}`
  })
  const [path, dot] = element<SVGSVGElement>('schedule').children
  path?.setAttribute('d', `M${points.join('L')}`)
  dot?.setAttribute('cx', String(x(epoch)))
  dot?.setAttribute('cy', String(y(p)))
  element('probability').textContent = `In epoch ${epoch} a sample is masked with p = ${percent(p)}`
  const drawn = masked
    ? 'As in training: this sample is masked in this epoch.'
    : 'As in training: this sample is left as it is in this epoch. Try another index or epoch.'
  say(mode === 'drawn' ? drawn : 'By hand: this sample is masked in every epoch.')
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`
}

/** What a screen reader reads out, so only what is new is written. */
function say(text: string): void {
  const status = element('status')
  if (status.textContent !== text) status.textContent = text
}

/** Adopts a control's value. A text that is not a value changes nothing, and is marked. */
function read<Key extends keyof State>(key: Key, input: HTMLInputElement): void {
  let value: State[Key]
  try {
    value = readers[key](input.type === 'checkbox' ? String(input.checked) : input.value)
  } catch (error) {
    showProblem(input, key, error)
    return
  }
  const byHand = ['d', 'deltaX', 'deltaY', 'angle'].includes(key)
  const drawn = ['preset', 'epoch', 'index'].includes(key)
  const mode = byHand ? 'hand' : drawn ? 'drawn' : state.mode
  const preset = key === 'preset' ? presetState(value as PresetName) : {}
  change({ ...state, ...preset, mode, [key]: value })
}

function listen(): void {
  for (const { key } of sliders) {
    for (const id of [key, `${key}-number`]) {
      const input = element(id)
      input.addEventListener('input', () => read(key, input))
    }
  }
  for (const key of ['reverse', 'seed', 'preset', 'fill', 'width', 'height'] as const) {
    const input = element(key)
    input.addEventListener('input', () => read(key, input))
  }
  for (const radio of document.querySelectorAll<HTMLInputElement>('input[name=mode]')) {
    radio.addEventListener('input', () => read('mode', radio))
  }
  const form = element<HTMLFormElement>('controls')
  // A field that loses the focus shows the current value again.
  form.addEventListener('focusout', () => change(state))
  form.addEventListener('submit', (event) => event.preventDefault())
  element('unit').addEventListener('input', () => change(state))
  element('copy').addEventListener('click', copy)
  window.addEventListener('hashchange', () => readAddress())
}

function listenForPictures(): void {
  const file = element('file')
  file.addEventListener('input', () => take(file.files?.[0]))
  element('sample').addEventListener('click', async () => {
    file.value = ''
    picture = await samplePicture()
    change(state)
  })
  const { body } = document
  for (const type of ['dragenter', 'dragover'] as const) {
    body.addEventListener(type, (event) => {
      event.preventDefault()
      body.classList.add('dropping')
    })
  }
  body.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) body.classList.remove('dropping')
  })
  body.addEventListener('drop', (event) => {
    event.preventDefault()
    body.classList.remove('dropping')
    take(event.dataTransfer?.files[0])
  })
}

async function take(file: File | undefined): Promise<void> {
  if (file === undefined) return
  try {
    picture = await pictureOf(file)
    change(state)
  } catch {
    say(`${file.name} is not a picture that this browser can read.`)
  }
}

async function copy(): Promise<void> {
  const code = element('call')
  try {
    await navigator.clipboard.writeText(code.textContent ?? '')
    element('copied').textContent = 'Copied.'
  } catch {
    // Not every browser lets a file write to the clipboard; the selected text is one key away.
    getSelection()?.selectAllChildren(code)
    element('copied').textContent = 'Selected: press Ctrl+C, or ⌘C.'
  }
}

function readAddress(): void {
  const { state: asked, ignored } = stateOf(location.hash || OPENING)
  change(asked)
  element('ignored').textContent =
    ignored.length === 0 ? '' : `Not understood in the address: ${ignored.join(', ')}.`
}

async function start(): Promise<void> {
  makeControls()
  ;[picture, partner] = await Promise.all([samplePicture(), partnerPicture()])
  listen()
  listenForPictures()
  readAddress()
}

start()
