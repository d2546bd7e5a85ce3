/** What the page shows, as samples of the library, and as an address. */

import { presets } from '../../../lib/api/presets'
import { checkEpoch, checkInteger, checkProbability, checkSeed } from '../../../lib/core/check'
import { MAX_UNIT } from '../../../lib/core/limits'
import { referenceDraw } from '../../../lib/fallback/reference'
import { checkRatio, Plan, type Sample } from '../../../lib/plan/plan'

export type PresetName = keyof typeof presets
export const presetNames = Object.keys(presets) as PresetName[]

/** Larger pictures would only be slower. */
export const MAX_PICTURE = 1024

/** What dropped pixels become. */
export const fills = ['mean', 'black', 'uniform', 'normal', 'gridmix'] as const

export interface State {
  /** By hand, or drawn for (seed, epoch, index). */
  mode: 'hand' | 'drawn'
  preset: PresetName
  /** Up to 2⁶⁴-1, which a number cannot hold. */
  seed: string
  epoch: number
  index: number
  ratio: number
  reverse: boolean
  unitProbability: number
  fill: (typeof fills)[number]
  d: number
  deltaX: number
  deltaY: number
  angle: number
  unitKey: readonly [number, number]
  height: number
  width: number
}

/** [height, width] of the images that the authors trained on with each preset. */
const presetSizes: Record<PresetName, readonly [number, number]> = {
  imagenet: [224, 224],
  cifar10: [32, 32],
  coco: [480, 640],
  cityscapes: [713, 713],
}

/** The settings of a preset for which the page has controls. */
export function presetState(preset: PresetName): Partial<State> {
  const { ratio, reverse = false, unitProbability = 1 } = presets[preset]
  const [height, width] = presetSizes[preset]
  if (typeof ratio !== 'number') throw new Error('The page has one slider for the ratio.')
  return { preset, ratio, reverse, unitProbability, height, width }
}

export const initialState: State = {
  mode: 'hand',
  fill: 'mean',
  seed: '0',
  epoch: 240,
  index: 0,
  d: 96,
  deltaX: 0,
  deltaY: 0,
  angle: 0,
  unitKey: [0, 0],
  ...(presetState('imagenet') as Pick<
    State,
    'preset' | 'ratio' | 'reverse' | 'unitProbability' | 'height' | 'width'
  >),
}

/** p, the chance that a sample is masked in an epoch. */
export function probabilityAt(preset: PresetName, epoch: number): number {
  const { probability = 1 } = presets[preset]
  return typeof probability === 'number' ? probability : probability(epoch)
}

function drawnSample(state: State): Sample {
  const { preset, ratio, reverse, unitProbability, epoch, height, width } = state
  const { unit: unitOption, rotate = 0 } = presets[preset]
  const unit = typeof unitOption === 'function' ? unitOption(height, width) : unitOption
  const settings = {
    ratio: [ratio, ratio] as const,
    // The presets' ranges are pairs, although the option may be any list of two.
    unit: (typeof unit === 'number' ? [unit, unit] : unit) as [number, number],
    rotate,
    reverse,
    unitProbability,
    probability: probabilityAt(preset, epoch),
    seed: BigInt(state.seed),
    epoch: Math.floor(epoch),
  }
  return referenceDraw(settings, state.index)
}

export function sampleOf(state: State): Sample {
  if (state.mode === 'drawn') return drawnSample(state)
  const { d, ratio, deltaX, deltaY, angle, reverse, unitProbability, unitKey, seed } = state
  const params = { d, ratio, deltaX, deltaY, angle, reverse, unitProbability, unitKey, seed }
  return Plan.from([params]).at(0) as Sample
}

/** With the drawn values in place of those that were set, so that a slider continues from there. */
export function withDrawn(state: State): State {
  if (state.mode !== 'drawn') return state
  const { d, deltaX, deltaY, angle, unitKey } = drawnSample(state)
  return { ...state, d, deltaX, deltaY, angle, unitKey }
}

/** Offsets are below d. */
export function withinUnit(state: State): State {
  const [deltaX, deltaY] = [state.deltaX, state.deltaY].map((delta) => Math.min(delta, state.d - 1))
  return { ...state, deltaX: deltaX as number, deltaY: deltaY as number }
}

type Readers = { [Key in keyof State]: (text: string) => State[Key] }

const whole = (name: string, min: number, max: number) => (text: string) =>
  checkInteger(name, numberOf(text), min, max)

function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text)
}

function oneOf<T extends string>(text: string, choices: readonly T[]): T {
  if (!choices.includes(text as T)) throw new Error(`Expected one of ${choices.join(', ')}.`)
  return text as T
}

/** A value from the text of a control or of the address. Throws for anything else, and says what is expected. */
export const readers: Readers = {
  mode: (text) => oneOf(text, ['hand', 'drawn']),
  preset: (text) => oneOf(text, presetNames),
  seed: (text) => String(checkSeed('seed', text.trim())),
  epoch: (text) => checkEpoch('epoch', numberOf(text)),
  index: whole('index', 0, Number.MAX_SAFE_INTEGER),
  ratio: (text) => checkRatio('ratio', numberOf(text)),
  reverse: (text) => oneOf(text, ['true', 'false']) === 'true',
  unitProbability: (text) => checkProbability('unitProbability', numberOf(text)),
  fill: (text) => oneOf(text, fills),
  d: whole('d', 1, MAX_UNIT),
  deltaX: whole('deltaX', 0, MAX_UNIT - 1),
  deltaY: whole('deltaY', 0, MAX_UNIT - 1),
  angle: (text) => {
    const angle = numberOf(text)
    if (!Number.isFinite(angle)) throw new Error('Expected `angle` to be a finite number')
    return angle
  },
  unitKey: (text) => {
    const [first, second] = text.split(',').map((word) => whole('unitKey', 0, 2 ** 32 - 1)(word))
    if (first === undefined || second === undefined) throw new Error('Expected two words')
    return [first, second]
  },
  height: whole('height', 1, MAX_PICTURE),
  width: whole('width', 1, MAX_PICTURE),
}

const drawingKeys = ['preset', 'epoch', 'index'] as const
const latticeKeys = ['d', 'deltaX', 'deltaY', 'angle'] as const

/**
 * The state of an address such as `#preset=imagenet&seed=7&ratio=0.5`, and the names in it that mean nothing.
 * Without `mode`, a preset, an epoch or an index means drawn.
 */
export function stateOf(hash: string): { state: State; ignored: string[] } {
  const given: Partial<Record<keyof State, State[keyof State]>> = {}
  const ignored: string[] = []
  for (const [key, text] of new URLSearchParams(hash.replace(/^#/, ''))) {
    try {
      if (!Object.hasOwn(readers, key)) throw new Error('Unknown')
      given[key as keyof State] = readers[key as keyof State](text)
    } catch {
      ignored.push(key)
    }
  }
  const drawn = drawingKeys.some((key) => key in given) && !latticeKeys.some((key) => key in given)
  const preset = presetState((given.preset as PresetName | undefined) ?? initialState.preset)
  const mode = drawn ? 'drawn' : 'hand'
  return { state: withinUnit({ ...initialState, ...preset, mode, ...given } as State), ignored }
}

/** The address of a state: what differs from its preset alone. */
export function hashOf(state: State): string {
  const usual: State = { ...initialState, ...presetState(state.preset) }
  const always = state.mode === 'drawn' ? drawingKeys : ['d']
  const keys: (keyof State)[] = ['seed', 'ratio', 'reverse', 'unitProbability', 'fill']
  keys.push('height', 'width')
  if (state.mode === 'hand') keys.push('preset', 'deltaX', 'deltaY', 'angle', 'unitKey')
  const entries = [...always, ...keys.filter((key) => String(state[key]) !== String(usual[key]))]
  return `#${entries.map((key) => `${key}=${state[key as keyof State]}`).join('&')}`
}
