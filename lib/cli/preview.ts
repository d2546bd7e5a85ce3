/** `gridmask preview` */
import { Command, Option } from 'commander'
import { GridMask } from '../api/gridmask'
import { presets } from '../api/presets'
import { number, numberOrRange, numbers, seed, size, whole } from './arguments'
import { STANDARD } from './files'
import { openPage } from './open-page'
import { note, print, printJson } from './output'
import {
  makeSheet,
  type Preset,
  type PreviewOptions,
  prepareSheet,
  settingsOf,
} from './preview-sheet'

// The colour of 0 in a batch normalised for ImageNet, which is how a network sees dropped pixels.
const MEAN_COLOUR = [124, 116, 104]

export function previewCommand(): Command {
  const names = Object.keys(presets) as Preset[]
  return new Command('preview')
    .summary('a contact sheet of masked photographs')
    .description(
      'Masks photographs as in training and draws a contact sheet: each photograph, and beside it ' +
        'samples of it with what was drawn for them. Pictures are decoded by sharp (npm install sharp).',
    )
    .argument('[photos...]', 'pictures in any format that sharp decodes; - is standard input')
    .addOption(
      new Option(
        '--preset <name>',
        "the authors' settings; other options replace single ones. Default: imagenet, unless " +
          '--ratio or --unit is given',
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
    .option('--rotate <n>', 'rotate by 0 … n-1 whole degrees', number)
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
    .option(
      '-o, --output <file>',
      'the sheet, .png or .jpg; - is a PNG on standard output',
      'gridmask-preview.png',
    )
    .option(
      '--open',
      'show the interactive page in a browser, with these settings; it shows one mask at a time, so it ' +
        'ignores ranges, and needs no photographs',
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
    .action(run)
}

async function run(paths: string[], options: PreviewOptions, command: Command): Promise<void> {
  const { json, output } = options
  const alone = paths.length === 0
  if (alone && !options.open) command.error("missing required argument 'photos'")
  if (paths.filter((path) => path === STANDARD).length > 1) {
    command.error('standard input is only one photograph')
  }
  if (json && !alone && output === STANDARD) {
    command.error("options '--json' and '-o -' are both for standard output")
  }
  const ofOwn = options.ratio !== undefined || options.unit !== undefined
  const preset = options.preset ?? (ofOwn ? undefined : 'imagenet')
  // The page has a value for everything that is not given.
  const base = alone ? (preset ?? 'imagenet') : preset
  const gridmask = new GridMask(settingsOf(options, base))
  gridmask.probabilityAt(options.epoch ?? 0)

  const sheet = alone ? undefined : await prepareSheet(paths, options, preset, gridmask)
  if (options.open) await showPage(options, command, alone)
  if (sheet !== undefined) await makeSheet(sheet)
}

/** The page shows one mask, so it takes numbers, not ranges to draw from. */
async function showPage(options: PreviewOptions, command: Command, alone: boolean): Promise<void> {
  const { preset, ratio, unit, reverse, unitProbability, fill, seed, epoch, size } = options
  const isGiven = (name: string) => command.getOptionValueSource(name) === 'cli'
  const ranges = Object.entries({ ratio, unit }).flatMap(([name, value]) =>
    Array.isArray(value) ? [`--${name} ${value.join(':')}`] : [],
  )
  const others = ['rotate', 'probability'].filter(isGiven).map((name) => `--${name}`)
  const isBlack = fill.every((value) => value === 0)
  if (!isBlack && fill.some((value, i) => value !== MEAN_COLOUR[i])) others.push('--fill')
  const left = [...ranges, ...others]
  if (left.length > 0) {
    note(`the page shows one mask at a time, so it ignores ${left.join(', ')}`)
  }
  const single = (value: PreviewOptions['ratio']) => (typeof value === 'number' ? value : undefined)
  const page = await openPage({
    preset,
    ratio: single(ratio),
    d: single(unit),
    reverse,
    unitProbability,
    fill: isBlack ? 'black' : undefined,
    seed,
    epoch,
    ...size,
  })
  if (options.json && alone) printJson({ page })
  else if (!options.json) {
    print(`the page: ${page}`, options.output === STANDARD ? process.stderr : process.stdout)
  }
}
