/** `gridmask bench` */
import { Command } from 'commander'
import { cudaStatus } from '../backend/cuda'
import { defaultThreads, devices } from '../backend/devices'
import { whole } from './arguments'
import { type Batch, batches, prepare } from './bench-cases'
import { compare, median, time } from './measure'
import { print, printJson, tableOf, withProgress } from './output'
import { UserError } from './user-error'

interface Options {
  threads?: number
  quick?: true
  json?: true
}

interface Row {
  batch: string
  way: string
  on: string
  milliseconds: number
  imagesPerSecond: number
  /** Its time as a multiple of the copy's. */
  timesCopy: number
  /** The plain loop's time as a multiple of its own. */
  loopTimes: number | null
}

const COPY = 'TypedArray.set of the batch into another array, one thread'

export function benchCommand(): Command {
  return new Command('bench')
    .summary('how fast masks are applied here, against a copy and a plain loop')
    .description(
      'Times apply() on batches of float32 images, every image masked with the preset named, against ' +
        'two things that JavaScript can do by itself. They take turns in one run, so ratios say ' +
        'more than times. Every result is compared with the first.',
    )
    .option('--threads <n>', 'threads to measure besides one; default: all', whole(1, 1024))
    .option('--quick', 'shorter and less exact')
    .option('--json', 'print machine, rows and CUDA status as JSON')
    .addHelpText(
      'after',
      `
Columns:
  × copy       time as a multiple of a plain copy of the batch: ${COPY}.
               In place can be below 1, since only dropped pixels are written
  loop         how many times as long a plain loop in JavaScript takes on one thread, over a mask
               prepared beforehand; in place it writes only what is dropped`,
    )
    .action(bench)
}

async function bench({ threads = defaultThreads(), quick, json }: Options): Promise<void> {
  const [cpu, ...found] = devices()
  const cuda = cudaStatus()
  const gpus = cuda.available ? found : []
  const effort = quick ? { milliseconds: 2, rounds: 5 } : { milliseconds: 20, rounds: 15 }
  if (!json) {
    print(`${cpu.name}, ${cpu.instructionSet}, Node ${process.version}`)
    for (const { id, name } of gpus) print(`${id}: ${name}`)
    if (!cuda.available) print(`No GPU: ${cuda.message}`)
    print('')
  }
  const rows = await withProgress(batches.length, async (report) => {
    const rows: Row[] = []
    for (const [i, batch] of batches.entries()) {
      rows.push(...measure(batch, prepare(batch, cpu, gpus, threads), effort))
      report(i + 1)
      // The bar is drawn between two batches.
      await new Promise(setImmediate)
    }
    return rows
  })
  if (json) {
    return printJson({ cpu, gpus, cuda, node: process.version, copy: COPY, rows })
  }
  print(tableOf(['', '', '', 'time', 'images/s', '× copy', 'loop'], rows.map(cellsOf)))
  print(`\n× copy: against ${COPY}.\nloop: a plain loop over a prepared mask, one thread.`)
}

function measure(
  { name, shape }: Batch,
  { copy, ways }: ReturnType<typeof prepare>,
  effort: { milliseconds: number; rounds: number },
): Row[] {
  let expected: Buffer | undefined
  return ways.map(({ name: way, on, run, loop, result, dispose }) => {
    const { milliseconds, ratio } = compare(run, copy, effort)
    // The copy wrote to the same array.
    run()
    const bytes = Buffer.from(new Uint8Array(result().buffer))
    expected ??= bytes
    if (!bytes.equals(expected)) throw new UserError(`${name}, ${way}, ${on}: a wrong result`)
    const loopMilliseconds = loop && median([0, 1, 2].map(() => time(loop, 1)))
    dispose?.()
    return {
      batch: name,
      way,
      on,
      milliseconds,
      imagesPerSecond: shape[0] / (milliseconds / 1000),
      timesCopy: ratio,
      loopTimes: loopMilliseconds === undefined ? null : loopMilliseconds / milliseconds,
    }
  })
}

function cellsOf({ batch, way, on, milliseconds, imagesPerSecond, timesCopy, loopTimes }: Row) {
  return [
    batch,
    way,
    on,
    milliseconds < 0.1 ? `${(milliseconds * 1000).toFixed(1)} µs` : `${milliseconds.toFixed(2)} ms`,
    Math.round(imagesPerSecond).toLocaleString('en'),
    timesCopy.toFixed(2),
    loopTimes === null ? '' : `${loopTimes.toFixed(0)} ×`,
  ]
}
