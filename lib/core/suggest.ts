/** Guesses what was meant by a name that does not exist. */

/**
 * Names that other libraries or habits use for ours, in lower case and without underscores. The first of
 * ours that is known in that place is suggested.
 */
const aliases: Record<string, readonly string[]> = {
  // settings
  p: ['probability'],
  prob: ['probability'],
  rate: ['probability'],
  r: ['ratio'],
  keep: ['ratio'],
  keepratio: ['ratio'],
  dropratio: ['ratio'],
  ratiofactor: ['ratio'],
  ratiorange: ['ratio'],
  d: ['unit'],
  d1: ['unit'],
  d2: ['unit'],
  dmin: ['unit'],
  dmax: ['unit'],
  tile: ['unit'],
  gridsize: ['unit'],
  unitsize: ['unit', 'unitSizeRange'],
  unitsizerange: ['unit'],
  cellsize: ['unit'],
  angle: ['rotate'],
  degrees: ['rotate'],
  rotation: ['rotate', 'angle', 'rotationRange'],
  rotationfactor: ['rotate'],
  rotationrange: ['rotate'],
  mask: ['gridmask'],
  mode: ['reverse'],
  invert: ['reverse'],
  inverse: ['reverse'],
  fillvalue: ['fill'],
  color: ['fill'],
  mean: ['fill'],
  value: ['fill', 'label'],
  randomseed: ['seed'],
  randomstate: ['seed'],
  workers: ['threads'],
  numworkers: ['threads'],
  concurrency: ['threads'],
  gpu: ['device'],
  backend: ['device'],
  // requests
  dims: ['shape'],
  resize: ['size'],
  cropsize: ['size'],
  pad: ['padding'],
  normalization: ['normalize'],
  hflip: ['flip'],
  horizontalflip: ['flip'],
  mirror: ['flip'],
  size: ['shape', 'unit'],
  dataformat: ['layout'],
  channelslast: ['layout'],
  format: ['layout'],
  order: ['layout'],
  type: ['dtype'],
  datatype: ['dtype'],
  inplace: ['out'],
  output: ['out'],
  target: ['out'],
  dst: ['out'],
  offset: ['index'],
  start: ['index'],
  step: ['index'],
  idx: ['index', 'indices'],
  indexes: ['indices'],
  ids: ['indices'],
  n: ['count'],
  batch: ['count'],
  batchsize: ['count'],
  length: ['count'],
  h: ['height'],
  maxepoch: ['epochs'],
  shape: ['count'],
  w: ['width'],
  params: ['plan'],
  permutation: ['partner'],
  lam: ['lambda'],
  ignoreindex: ['label'],
  ignorelabel: ['label'],
  // a sample's parameters
  unit: ['d'],
  rotate: ['angle'],
  dx: ['deltaX'],
  dy: ['deltaY'],
  offsetx: ['deltaX'],
  offsety: ['deltaY'],
  shiftx: ['deltaX'],
  shifty: ['deltaY'],
  boxes: ['regions'],
  rectangles: ['regions'],
}

/** What else to say if a name stands for one of ours. */
const notes: Record<string, readonly [ours: string, note: string]> = {
  inplace: ['out', '`out: images` works in place'],
  mode: ['reverse', 'The mode that drops stripes is `reverse: true`'],
  resize: ['size', 'Nothing is scaled: let the decoder do that'],
  dropratio: ['ratio', 'It is the part that is kept: 1 minus the part that is dropped'],
  ratiofactor: ['ratio', 'It is the part that is kept: see fromKerasCV()'],
  channelslast: ['layout', "It is layout: 'NHWC'"],
  unitsizerange: ['unit', 'Its upper end is exclusive'],
  shape: ['count', 'If the unit depends on the image, also pass `height` and `width`'],
}

const plain = (name: string) => name.replaceAll(/[_-]/g, '').toLowerCase()

const maskOptions = ['ratio', 'unit', 'rotate', 'reverse', 'unitProbability', 'probability', 'fill']
const runOptions = ['seed', 'device', 'threads']

/** What to say about a name that exists, but not in this place; `knows` says what is known here. */
function elsewhere(name: string, knows: (name: string) => boolean): string {
  if (knows('unitKey')) {
    if (name === 'regions')
      return "rectangles are for Cutout and the other methods of 'gridmask/baselines'."
    if (name === 'samples') return 'it is a whole plan: pass one sample of it, `plan.at(i)`.'
  }
  if (knows('regions') && name === 'd') {
    return 'units are for GridMask and applyPlan(), not for rectangles.'
  }
  if (knows('normalize')) {
    if (maskOptions.includes(name)) return 'settings of the mask are one option, `gridmask`.'
    if (name === 'mean' || name === 'std') return 'pass both as `normalize: { mean, std }`.'
  }
  if (knows('unitProbability') && knows('unit')) {
    if (name === 'preset') return 'spread one: `{ ...presets.imagenet, seed: 42 }`.'
    if (name === 'options') return 'an instance, or a clone of one, has its settings in `options`.'
    if (!knows('seed') && runOptions.includes(name)) return 'it is an option of the Preprocessor.'
  }
  const isCall = knows('epoch') && knows('indices')
  const isOption = [...maskOptions, ...runOptions, 'normalize', 'dtype'].includes(name)
  return isCall && isOption ? 'it is an option of the constructor, not of a call.' : ''
}

/** `did you mean …?`, with a note if there is one; or nothing. */
export function suggest(name: string, known: Iterable<string>): string {
  const names = [...known]
  const place = elsewhere(name, (one) => names.includes(one))
  if (place !== '') return place
  const wanted = plain(name)
  const meant =
    names.find((one) => plain(one) === wanted) ??
    (Object.hasOwn(aliases, wanted) ? aliases[wanted] : undefined)?.find((one) =>
      names.includes(one),
    ) ??
    closest(wanted, names)
  if (meant === undefined) return ''
  const [ours, said] = (Object.hasOwn(notes, wanted) ? notes[wanted] : undefined) ?? []
  const note = ours === meant ? ` ${said}.` : ''
  return `did you mean \`${meant}\`?${note}`
}

/** The one name that takes the fewest changes of letters, if they are few. */
function closest(wanted: string, names: readonly string[]): string | undefined {
  const most = Math.min(2, Math.floor(wanted.length / 3))
  const near = names
    .map((name) => ({ name, changes: changes(wanted.slice(0, 40), plain(name)) }))
    .filter(({ changes }) => changes <= most)
    .sort((a, b) => a.changes - b.changes)
  return near[0]?.changes === near[1]?.changes ? undefined : near[0]?.name
}

/** How many letters to insert, delete, replace or swap with the next. */
function changes(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    const [last, before] = [rows[i - 1], rows[i - 2]] as [number[], number[] | undefined]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + same,
        swapped ? (before?.[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    rows.push(row)
  }
  return rows[a.length]?.[b.length] as number
}
