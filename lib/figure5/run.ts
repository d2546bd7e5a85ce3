/** The whole of Figure 5 on all cores, and its table and plot. */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { linePlot } from './plot'
import {
  type FailureCounts,
  type FailureMethod,
  type FailureReading,
  type FailureTask,
  failureMethods,
} from './simulate'

/** Images of a task: some milliseconds of work. */
const TASK_IMAGES = 2000

export interface FailureSettings {
  /** Images for each point. */
  images: number
  /** Lower ends of the range of removed squares' sides, pixels. */
  xs: readonly number[]
  seed: number
  reading: FailureReading
  threads: number
}

/** A point of a curve: how many of the images fail. */
export interface FailurePoint extends FailureCounts {
  x: number
  /** The part of the images that fail, either way. */
  probability: number
  /** Its standard error. */
  standardError: number
}

export interface FailureFigure extends Omit<FailureSettings, 'threads'> {
  curves: Record<FailureMethod, FailurePoint[]>
}

/** Simulates all points. `progress` is told how many images are done, of all. */
export async function simulateFailures(
  settings: FailureSettings,
  progress: (images: number) => void = () => {},
): Promise<FailureFigure> {
  const { images, xs, seed, reading, threads } = settings
  const tasks: FailureTask[] = []
  for (const x of xs) {
    for (const method of failureMethods) {
      for (let first = 0; first < images; first += TASK_IMAGES) {
        const count = Math.min(TASK_IMAGES, images - first)
        tasks.push({ method, x, first, count, seed, reading })
      }
    }
  }
  const counts = new Map<string, FailureCounts>()
  const queue = tasks.values()
  let done = 0
  const work = async () => {
    const worker = new Worker(join(__dirname, 'worker.js'))
    try {
      for (const task of queue) {
        const { removed, kept } = await answer(worker, task)
        const key = `${task.method} ${task.x}`
        const sum = counts.get(key) ?? { removed: 0, kept: 0 }
        counts.set(key, { removed: sum.removed + removed, kept: sum.kept + kept })
        done += task.count
        progress(done)
      }
    } finally {
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({ length: Math.min(threads, tasks.length) }, work))

  const curve = (method: FailureMethod): FailurePoint[] =>
    xs.map((x) => {
      const { removed, kept } = counts.get(`${method} ${x}`) as FailureCounts
      const probability = (removed + kept) / images
      const standardError = Math.sqrt((probability * (1 - probability)) / images)
      return { x, removed, kept, probability, standardError }
    })
  return {
    images,
    xs,
    seed,
    reading,
    curves: Object.fromEntries(
      failureMethods.map((method) => [method, curve(method)]),
    ) as FailureFigure['curves'],
  }
}

function answer(worker: Worker, task: FailureTask): Promise<FailureCounts> {
  return new Promise((resolve, reject) => {
    const settle = () => worker.off('message', onMessage).off('error', onError)
    const onMessage = (counts: FailureCounts) => {
      settle()
      resolve(counts)
    }
    const onError = (error: Error) => {
      settle()
      reject(error)
    }
    worker.on('message', onMessage).on('error', onError).postMessage(task)
  })
}

const names: Record<FailureMethod, string> = {
  gridmask: 'GridMask',
  'gridmask-unit': 'GridMask, d x…2x',
  cutout: 'Cutout',
  'hide-and-seek': 'Hide-and-Seek',
}

/** The figure's numbers, a line for each x. */
export function failureTable({ curves, xs }: FailureFigure): string {
  const rows = xs.map((x, i) => [
    String(x),
    ...failureMethods.map((method) => {
      const { probability, standardError } = curves[method][i] as FailurePoint
      return `${probability.toFixed(4)} ± ${standardError.toFixed(4)}`
    }),
  ])
  const table = [['x', ...failureMethods.map((method) => names[method])], ...rows]
  const widths = (table[0] as string[]).map((_, k) =>
    Math.max(...table.map((row) => (row[k] as string).length)),
  )
  return table
    .map((row) => row.map((cell, k) => cell.padStart(widths[k] as number)).join('  '))
    .join('\n')
}

/** The figure as SVG. `command` is what makes it again. */
export function failurePlot({ curves, images }: FailureFigure, command?: string): string {
  return linePlot({
    ...(command === undefined ? {} : { description: command }),
    title: 'Failure cases as removed squares grow',
    xLabel: 'x: sides of removed squares are drawn from x to 2x pixels',
    yLabel: `probability of a failure, ${images.toLocaleString('en')} images each`,
    series: failureMethods.map((method) => ({
      name: names[method],
      points: curves[method].map(({ x, probability, standardError }) => ({
        x,
        y: probability,
        error: standardError,
      })),
    })),
  })
}
