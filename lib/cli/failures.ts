/** `gridmask failures`: Figure 5 of the paper. */
import { writeFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { defaultThreads } from '../backend/devices'
import {
  type FailureFigure,
  type FailurePoint,
  type FailureSettings,
  simulateFailures,
} from '../figure5/run'
import {
  defaultReading,
  type FailureMethod,
  type FailureReading,
  failureMethods,
  failureReadings,
} from '../figure5/simulate'
import { whole } from './arguments'
import { checkWritable, STANDARD } from './files'
import { print, printable, printJson, tableOf, withProgress } from './output'
import { linePlot } from './plot'
import { UserError } from './user-error'

interface Options extends FailureReading {
  images: number
  xs: number[]
  seed: number
  threads?: number
  output?: string
  json?: true
}

// As far as a removed square of 2x fits an image of 224.
const XS = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110]

const questions: Record<keyof FailureReading, string> = {
  objects: "an object's sides are drawn separately, or one for both",
  border: "Cutout's squares are centred anywhere and clipped, or lie entirely inside",
  cutout: "Cutout's squares are dropped until a quarter of the image is gone, or just one",
  sides: 'several squares of an image have one side, or each its own',
  rotation: 'GridMask is upright, or rotated by 0 … 359 degrees',
}

export function failuresCommand(): Command {
  const command = new Command('failures')
    .summary('Figure 5 of the paper: how often an object is removed completely, or not at all')
    .description(
      'Simulates Figure 5 ("Statistics of Unsuccessful Cases", section 3): images of 224×224 with an ' +
        'object of 40 to 160 pixels, of which each method removes a quarter in squares with sides from ' +
        'x to 2x pixels. Counts the images whose object is removed, or kept, by 99 % or more.',
    )
    .option('--images <n>', 'images for each point', whole(1, 1e9), 100000)
    .addOption(
      new Option('--xs <list>', 'values of x in pixels, growing')
        .argParser(xs)
        .default(XS, XS.join(',')),
    )
    .option('--seed <n>', 'key of all draws', whole(0), 1)
    .option('--threads <n>', 'default: all', whole(1, 1024))
  for (const [name, choices] of Object.entries(failureReadings)) {
    const key = name as keyof FailureReading
    const option = new Option(`--${key} <reading>`, `${questions[key]}`)
    command.addOption(option.choices(choices).default(defaultReading[key]))
  }
  return command
    .option(
      '-o, --output <path>',
      'write PATH.svg and PATH.json; of PATH.svg or PATH.json only that; - is the SVG on standard output',
    )
    .option('--json', 'print the figure as JSON instead of a table')
    .addHelpText(
      'after',
      `
"GridMask" drops squares with sides from x to 2x, as in the text. "GridMask by unit" has units with
sides from x to 2x, as in the caption, so its squares are half as wide. docs/figure5.md says what
holds for which reading.

Examples:
  $ gridmask failures                                table of the whole figure
  $ gridmask failures -o figure5                     figure5.svg and figure5.json too
  $ gridmask failures --images 10000 --xs 20,40,60   a look
  $ gridmask failures --cutout one --rotation any    other readings of the text`,
    )
    .action(failures)
}

function xs(text: string): number[] {
  // Removed squares that are larger than the image show nothing new.
  const values = text.split(',').map(whole(1, 224))
  if (values.every((x, i) => i === 0 || x > (values[i - 1] as number))) return values
  throw new InvalidArgumentError('Expected growing numbers.')
}

async function failures(options: Options, command: Command): Promise<void> {
  const { images, xs, seed, threads = defaultThreads(), output, json } = options
  const { objects, border, cutout, sides, rotation } = options
  const toStandardOutput = output === STANDARD
  if (toStandardOutput && json) {
    command.error("options '--json' and '-o -' are both for standard output")
  }
  const files = toStandardOutput ? [] : filesOf(output)
  for (const file of files) await checkWritable(file)

  const reading = { objects, border, cutout, sides, rotation }
  const settings = { images, xs, seed, reading, threads }
  const started = performance.now()
  const all = images * xs.length * failureMethods.length
  const figure = await withProgress(all, (report) => simulateFailures(settings, report))
  const seconds = (performance.now() - started) / 1000

  const result = { command: commandOf(settings), ...figure }
  const svg = failurePlot(figure, result.command)
  // Printed first, since writing may fail.
  if (json) printJson(result)
  else {
    const stream = toStandardOutput ? process.stderr : process.stdout
    print(failureTable(figure, stream.columns), stream)
    print(
      `${images.toLocaleString('en')} images per point, in ${seconds.toFixed(1)} s on ${threads} ` +
        'threads; ± standard error',
      stream,
    )
  }
  if (toStandardOutput) process.stdout.write(svg)
  for (const file of files) {
    await writeFile(file, isSvg(file) ? svg : `${JSON.stringify(result, null, 2)}\n`)
    if (!json) print(`written: ${printable(file)}`)
  }
}

/** The command that makes the same figure again. */
function commandOf({ images, xs, seed, reading }: FailureSettings): string {
  const readings = Object.entries(reading).map(([name, value]) => `--${name} ${value}`)
  return `gridmask failures --images ${images} --seed ${seed} --xs ${xs} ${readings.join(' ')}`
}

function filesOf(path: string | undefined): string[] {
  if (path === undefined) return []
  if (/\.(svg|json)$/i.test(path)) return [path]
  if (path === '' || /[\\/]$/.test(path)) throw new UserError('Cannot write: -o names no file')
  if (/\.(png|jpe?g|webp|gif|pdf|csv)$/i.test(path)) {
    throw new UserError(`The figure is written as .svg and .json, not as ${extname(path)}`)
  }
  return [`${path}.svg`, `${path}.json`]
}

const isSvg = (file: string) => /\.svg$/i.test(file)

/** What x … 2x is the side of. */
const sidesOf: Record<FailureMethod, string> = {
  gridmask: 'removed square x…2x',
  'gridmask-unit': 'unit x…2x, square half',
  cutout: 'removed square x…2x',
  'hide-and-seek': 'removed square x…2x',
}

const names: Record<FailureMethod, string> = {
  gridmask: 'GridMask',
  'gridmask-unit': 'GridMask by unit',
  cutout: 'Cutout',
  'hide-and-seek': 'Hide-and-Seek',
}

/** The figure's numbers, a line for each x. */
export function failureTable({ curves, xs }: FailureFigure, columns?: number): string {
  const rows = xs.map((x, i) => [
    String(x),
    ...failureMethods.map((method) => {
      const { probability, standardError } = curves[method][i] as FailurePoint
      return `${probability.toFixed(4)} ± ${standardError.toFixed(4)}`
    }),
  ])
  return tableOf(['x', ...failureMethods.map((method) => names[method])], rows, columns)
}

/** The figure as SVG. `command` makes it again. */
export function failurePlot({ curves, images }: FailureFigure, command?: string): string {
  return linePlot({
    ...(command === undefined ? {} : { description: command }),
    title: 'How often an object is hidden, or left, as a whole',
    xLabel: 'x in pixels: sides are drawn from x to 2x',
    yLabel: `share of failures among ${images.toLocaleString('en')} images`,
    series: failureMethods.map((method) => ({
      name: `${names[method]}\n${sidesOf[method]}`,
      points: curves[method].map(({ x, probability, standardError }) => ({
        x,
        y: probability,
        error: standardError,
      })),
    })),
  })
}
