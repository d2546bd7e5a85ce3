/** The whole of Figure 5 on all cores. */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import {
  type FailureCounts,
  type FailureMethod,
  type FailureReading,
  type FailureTask,
  failureMethods,
} from './simulate'

/** Images per task: some milliseconds of work. */
const TASK_IMAGES = 2000

export interface FailureSettings {
  /** Images for each point. */
  images: number
  /** Lower ends of the range of the removed squares' sides, pixels. */
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

/** Simulates all points. `progress` receives the number of images done so far. */
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
