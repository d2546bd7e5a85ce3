/** `gridmask preview` */
import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Command, Option } from 'commander'
import { GridMask } from '../api/gridmask'
import { keepRatio } from '../api/mask-queries'
import type { GridMaskOptions } from '../api/options'
import { presets } from '../api/presets'
import type { Plan, Sample } from '../plan/plan'
import { number, numberOrRange, numbers, seed, size, whole } from './arguments'
import { contactSheet, type Photo } from './contact-sheet'
import { openPage } from './open-page'
import { note, print, printJson, tableOf, withProgress } from './output'
import { type Picture, readPicture, resizePicture } from './pictures'
import { hasFonts } from './sheet'

type Preset = keyof typeof presets

interface Options {
  preset?: Preset
  ratio?: number | [number, number]
  unit?: number | [number, number]
  rotate?: number
  reverse?: true
  unitProbability?: number
  probability?: number
  fill: number[]
  seed: bigint
  epoch?: number
  size?: { width: number; height: number }
  count: number
  output: string
  open?: true
  json?: true
}

// The size of the images that each was made for.
const sizes: Record<Preset, { width: number; height: number }> = {
  imagenet: { width: 224, height: 224 },
  cifar10: { width: 32, height: 32 },
  coco: { width: 640, height: 480 },
  cityscapes: { width: 713, height: 713 },
}

// What 0 in a batch normalised for ImageNet is as a colour: a network sees dropped pixels like this.
const MEAN_COLOUR = [124, 116, 104]

export function previewCommand(): Command {
  const names = Object.keys(presets) as Preset[]
  return new Command('preview')
    .summary('a contact sheet of masked photographs')
    .description(
      'Masks photographs as in training and draws a contact sheet: each photograph, and beside it ' +
        'samples of it with what was drawn for them. Pictures are decoded by sharp (npm install sharp).',
    )
    .argument('[photos...]', 'pictures in any format that sharp decodes')
    .addOption(
      new Option(
        '--preset <name>',
        "the authors' settings; other options replace single ones. imagenet, where neither a " +
          'preset nor --ratio and --unit are given',
      ).choices(names),
    )
    .option(
      '--ratio <r>',
      'width of the KEPT stripe as a fraction of the unit, in (0, 1), or MIN:MAX: the larger, the ' +
        'more is kept',
      numberOrRange,
    )
    .option(
      '--unit <d>',
      'side of a unit in pixels, or MIN:MAX (MAX exclusive) to draw from',
      numberOrRange,
    )
    .option('--rotate <n>', 'turn by 0 … n-1 whole degrees', number)
    .option('--reverse', 'keep the squares, drop the stripes (RevGridMask)')
    .option(
      '--unit-probability <p>',
      'a unit drops its square with this probability (Random GridMask)',
      number,
    )
    .option('--probability <p>', 'a sample is masked with this probability', number)
    .option(
      '--epoch <n>',
      "mask with the preset's probability in this epoch; without it every sample is masked",
      number,
    )
    .addOption(
      new Option('--fill <v|r,g,b>', 'what dropped pixels become, each 0 … 255')
        .argParser(numbers)
        .default(MEAN_COLOUR, `${MEAN_COLOUR}, the mean colour of ImageNet`),
    )
    .addOption(new Option('--seed <n>', 'key of all draws').argParser(seed).default(0n, '0'))
    .option(
      '--size <wxh>',
      "the photographs' middle is cut to this size in pixels; by default the preset's, or 224",
      size,
    )
    .option('--count <n>', 'samples of each photograph', whole(1, 100), 5)
    .option('-o, --output <file>', 'the sheet', 'gridmask-preview.png')
    .option(
      '--open',
      'show the page to play with in a browser, at these settings; photographs are not needed then',
    )
    .option('--json', 'print file, settings, and every sample with its place in the sheet, as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ gridmask preview photo.jpg
  $ gridmask preview *.jpg --preset coco --count 10 -o coco.png
  $ gridmask preview photo.jpg --epoch 60                  p is 0.2 then: few are masked
  $ gridmask preview photo.jpg --ratio 0.5 --unit 56       squares of 28 pixels, 3/4 is kept
  $ gridmask preview photo.jpg --ratio 0.4:0.6 --unit 96:224 --rotate 360
  $ gridmask preview --open --preset cifar10               sliders for all of it

The samples are those of new GridMask({ …, seed }).plan({ count, epoch, index: 0 }): the first
photograph has the first numbers, and so on.`,
    )
    .action(async (paths: string[], options: Options, command: Command) => {
      if (paths.length === 0 && !options.open) command.error("missing required argument 'photos'")
      if (options.open) await showPage(options, paths.length === 0)
      if (paths.length > 0) await preview(paths, options)
    })
}

/** The page has a number where a range could be drawn from: what is a range here is its own there. */
async function showPage(options: Options, alone: boolean): Promise<void> {
  const { preset, ratio, unit, reverse, unitProbability, seed, epoch, size } = options
  const single = (value: Options['ratio']) => (typeof value === 'number' ? value : undefined)
  const given = {
    preset,
    ratio: single(ratio),
    d: single(unit),
    reverse,
    unitProbability,
    seed,
    epoch,
    ...size,
  }
  const params = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  )
  const page = await openPage({ params })
  if (!options.json) print(`the page: ${page}`)
  else if (alone) printJson({ page })
}

async function preview(paths: string[], options: Options): Promise<void> {
  const ofOwn = options.ratio !== undefined || options.unit !== undefined
  const preset = options.preset ?? (ofOwn ? undefined : 'imagenet')
  const gridmask = new GridMask(settingsOf(options, preset))
  const { width, height } = options.size ?? sizes[preset ?? 'imagenet']
  const { count, epoch = 0, output } = options
  const plan = gridmask.plan({ count: count * paths.length, epoch, index: 0, height, width })

  const photos = await withProgress(paths.length, async (report) => {
    const photos: Photo[] = []
    for (const [i, path] of paths.entries()) {
      const fit = { fit: 'cover' } as const
      const original = await resizePicture(await readPicture(path), width, height, fit)
      const samples = [...plan].slice(i * count, (i + 1) * count)
      const masked = mask(gridmask, original, samples)
      photos.push({ name: basename(path), original, masked })
      report(i + 1)
    }
    return photos
  })
  const settings = describe(options, preset, plan, gridmask.probabilityAt(epoch))
  const { sheet, places } = await contactSheet(photos, settings)
  await writeFile(output, await sheet.png())
  if (!(await hasFonts())) note('this machine has no fonts, so the sheet has no captions')

  const samples = photos.flatMap(({ masked }, i) =>
    masked.map(({ sample }, k) => ({
      photo: paths[i] as string,
      kept: sample.masked ? keepRatio(sample, [height, width]) : 1,
      place: places[i]?.[k],
      sample,
    })),
  )
  if (options.json) return printJson({ file: output, settings, width, height, samples })
  print(settings)
  print(
    tableOf(
      ['', 'sample', 'd', 'r', 'δx', 'δy', 'angle', 'kept'],
      samples.map(({ photo, kept, sample }) => rowOf(basename(photo), sample, kept)),
    ),
  )
  print(`written: ${output}`)
}

/** A photograph's samples, as a batch of their own. */
function mask(gridmask: GridMask, { rgb, width, height }: Picture, plan: readonly Sample[]) {
  const images = new Uint8Array(plan.length * rgb.length)
  for (let i = 0; i < plan.length; i++) images.set(rgb, i * rgb.length)
  const shape = [plan.length, height, width, 3] as const
  gridmask.apply(images, { shape, layout: 'NHWC', plan, out: images })
  return plan.map((sample, i) => {
    const own = images.subarray(i * rgb.length, (i + 1) * rgb.length)
    return { picture: { rgb: own, width, height }, sample }
  })
}

function settingsOf(options: Options, preset: Preset | undefined): GridMaskOptions {
  const { ratio, unit, rotate, reverse, unitProbability, probability, fill, seed, epoch } = options
  const given = { ratio, unit, rotate, reverse, unitProbability, probability }
  // What is not given may not be there at all: it would hide what the preset says.
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const always = epoch === undefined ? { probability: 1 } : {}
  const settings = { ...(preset && presets[preset]), ...always, ...own }
  return {
    ...(settings as GridMaskOptions),
    fill: fill.length === 1 ? Number(fill[0]) : fill,
    seed,
  }
}

function describe(options: Options, preset: Preset | undefined, plan: Plan, p: number): string {
  const samples = [...plan]
  const span = (values: number[]) => {
    const [low, high] = [Math.min(...values), Math.max(...values)]
    return low === high ? String(low) : `${low} … ${high}`
  }
  return [
    preset === undefined ? 'settings of your own' : `presets.${preset}`,
    `d ${span(samples.map(({ d }) => d))}`,
    `r ${span(samples.map(({ ratio }) => ratio))}`,
    ...(options.reverse ? ['reversed'] : []),
    ...(options.unitProbability === undefined ? [] : [`pᵤ ${options.unitProbability}`]),
    ...(options.epoch === undefined ? [] : [`epoch ${options.epoch}`]),
    `p ${Number(p.toFixed(4))}`,
    `seed ${options.seed}`,
  ].join(', ')
}

function rowOf(photo: string, sample: Sample, kept: number): string[] {
  const { masked, index, d, ratio, deltaX, deltaY, angle } = sample
  const cells = [d, Number(ratio.toFixed(4)), deltaX, deltaY, `${angle}°`].map(String)
  const shown = masked ? cells : cells.map(() => '–')
  return [photo, String(index), ...shown, `${(100 * kept).toFixed(1)} %`]
}
