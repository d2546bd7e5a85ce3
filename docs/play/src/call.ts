/** The call of the package that makes the mask on show, as a program would write it. */

import { presets } from '../../../lib/api/presets'
import type { Sample } from '../../../lib/plan/plan'
import type { State } from './state'

/** The command's sheets show at most so many samples. */
const MAX_COUNT = 100

export function callOf(state: State, sample: Sample): string {
  const shape = `[1, ${state.height}, ${state.width}, 3]`
  if (state.mode === 'drawn') {
    const { seed, epoch, index } = state
    const options = [`...presets.${state.preset}`, ...changes(state), `seed: ${literal(seed)}`]
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
  return `import { applyPlan, Plan } from 'gridmask'

const plan = Plan.from([
  { ${paramsOf(sample).join(', ')} },
])
const masked = applyPlan(images, plan, { shape: ${shape}, layout: 'NHWC' })
`
}

/** The command for the sheet that ends in the sample on show; none where it could not. */
export function commandOf(state: State): string | undefined {
  if (state.mode !== 'drawn' || state.index >= MAX_COUNT) return undefined
  const { preset, epoch, index, seed, width, height, reverse } = state
  const words = ['npx gridmask preview photo.jpg', `--preset ${preset}`]
  if (state.ratio !== presets[preset].ratio) words.push(`--ratio ${state.ratio}`)
  if (reverse) words.push('--reverse')
  if (state.unitProbability !== 1) words.push(`--unit-probability ${state.unitProbability}`)
  words.push(`--seed ${seed}`, `--epoch ${epoch}`, `--size ${width}x${height}`)
  return [...words, `--count ${index + 1}`].join(' ')
}

/** What differs from the defaults, in the order of the docs. */
function paramsOf(sample: Sample): string[] {
  const { d, ratio, deltaX, deltaY, angle, reverse, unitProbability, unitKey, seed } = sample
  const params = [`d: ${d}`, `ratio: ${ratio}`, `deltaX: ${deltaX}`, `deltaY: ${deltaY}`]
  if (angle !== 0) params.push(`angle: ${angle}`)
  if (reverse) params.push('reverse: true')
  if (unitProbability !== 1) {
    params.push(`unitProbability: ${unitProbability}`)
    params.push(`unitKey: [${unitKey.join(', ')}]`, `seed: ${literal(String(seed))}`)
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
