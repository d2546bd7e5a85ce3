/** The call of the package that makes the displayed mask, as a program would write it. */

import { presets } from '../../../lib/api/presets'
import type { Sample } from '../../../lib/plan/plan'
import type { State } from './state'

/** The command's sheets show at most this many samples. */
const MAX_COUNT = 100

/** 255 times the mean and the standard deviation of ImageNet's images, R G B. */
export const MEAN = [124, 116, 104] as const
export const DEVIATION = [58, 57, 57] as const

/** The option that fills as the page does; GridMix fills with another image, black is the default. */
const fillOptions: Record<State['fill'], string[]> = {
  mean: [`fill: [${MEAN.join(', ')}]`],
  black: [],
  uniform: ["fill: { noise: 'uniform', low: 0, high: 255 }"],
  normal: [`fill: { noise: 'normal', mean: [${MEAN.join(', ')}], std: [${DEVIATION.join(', ')}] }`],
  gridmix: [],
}

export function callOf(state: State, sample: Sample): string {
  const mixes = state.fill === 'gridmix'
  const shape = `[${mixes ? 2 : 1}, ${state.height}, ${state.width}, 3]`
  const fill = fillOptions[state.fill]
  if (state.mode === 'drawn') {
    const { seed, epoch, index } = state
    const seeded = `seed: ${literal(seed)}`
    const options = [`...presets.${state.preset}`, ...changes(state), ...fill, seeded]
    if (mixes) {
      return `import { GridMask, presets } from 'gridmask'

const gridmask = new GridMask({ ${options.join(', ')} })
const { images: masked, lambda } = gridmask.gridmix(images, {
  shape: ${shape},
  layout: 'NHWC',
  epoch: ${epoch},
  index: ${index},
  partner: [1, 0],
})
`
    }
    return `import { GridMask, presets } from 'gridmask'

const gridmask = new GridMask({ ${options.join(', ')} })
const masked = gridmask.apply(images, {
  shape: ${shape},
  layout: 'NHWC',
  epoch: ${epoch},
  index: ${index},
})
`
  }
  const params = `{ ${paramsOf(sample, state.fill).join(', ')} }`
  if (mixes) {
    return `import { gridmix } from 'gridmask'

const params = ${params}
const { images: masked, lambda } = gridmix(images, {
  shape: ${shape},
  layout: 'NHWC',
  plan: [params, params],
  partner: [1, 0],
})
`
  }
  return `import { applyPlan, Plan } from 'gridmask'

const plan = Plan.from([
  ${params},
])
const masked = applyPlan(images, plan, {
  ${[`shape: ${shape}`, "layout: 'NHWC'", ...fill].join(',\n  ')},
})
`
}

/** The command for the sheet that ends with the displayed sample; none if there is no such sheet. */
export function commandOf(state: State): string | undefined {
  if (state.mode !== 'drawn' || state.index >= MAX_COUNT) return undefined
  const { preset, epoch, index, seed, width, height, reverse, fill } = state
  // Its sheets have one colour for everything that is dropped.
  if (fill !== 'mean' && fill !== 'black') return undefined
  const words = ['npx gridmask preview photo.jpg', `--preset ${preset}`]
  if (state.ratio !== presets[preset].ratio) words.push(`--ratio ${state.ratio}`)
  if (reverse) words.push('--reverse')
  if (state.unitProbability !== 1) words.push(`--unit-probability ${state.unitProbability}`)
  if (fill === 'black') words.push('--fill 0')
  words.push(`--seed ${seed}`, `--epoch ${epoch}`, `--size ${width}x${height}`)
  return [...words, `--count ${index + 1}`].join(' ')
}

/** What differs from the defaults, in the order of the docs. */
function paramsOf(sample: Sample, fill: State['fill']): string[] {
  const { d, ratio, deltaX, deltaY, angle, reverse, unitProbability, unitKey, seed } = sample
  const params = [`d: ${d}`, `ratio: ${ratio}`, `deltaX: ${deltaX}`, `deltaY: ${deltaY}`]
  if (angle !== 0) params.push(`angle: ${angle}`)
  if (reverse) params.push('reverse: true')
  if (unitProbability !== 1) {
    params.push(`unitProbability: ${unitProbability}`)
    params.push(`unitKey: [${unitKey.join(', ')}]`)
  }
  if (unitProbability !== 1 || fill === 'uniform' || fill === 'normal') {
    params.push(`seed: ${literal(String(seed))}`)
  }
  return params
}

function changes({ preset, ratio, reverse, unitProbability }: State): string[] {
  const usual = presets[preset]
  const changed = []
  if (ratio !== usual.ratio) changed.push(`ratio: ${ratio}`)
  if (reverse !== (usual.reverse ?? false)) changed.push(`reverse: ${reverse}`)
  if (unitProbability !== (usual.unitProbability ?? 1)) {
    changed.push(`unitProbability: ${unitProbability}`)
  }
  return changed
}

/** A seed in a program: beyond 2⁵³ a bigint. */
function literal(seed: string): string {
  return Number.isSafeInteger(Number(seed)) ? seed : `${seed}n`
}
