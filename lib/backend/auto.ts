/**
 * device 'auto' on host arrays: the bits are the same on both sides, so the first batches of a size
 * are timed on both, and the faster side keeps them. A GPU has to move the batch over and back,
 * which often takes longer than masking it here.
 */

import { GridMaskError } from '../core/errors'
import { type CudaDevice, cudaDevice, hasCuda } from './cuda'

type Side = 'cpu' | 'cuda'

/** Batches on each side before one is chosen. The first on a side is not counted. */
const ROUNDS = 4

/** Bytes below which a GPU is not asked: to start it takes longer than to mask them. */
const SMALLEST = 2 ** 20

/** The timing of batches of one kind. */
class Contest {
  #winner: Side | undefined
  readonly #runs = { cpu: 0, cuda: 0 }
  readonly #best = { cpu: Number.POSITIVE_INFINITY, cuda: Number.POSITIVE_INFINITY }

  get side(): Side {
    return this.#winner ?? (this.#runs.cuda <= this.#runs.cpu ? 'cuda' : 'cpu')
  }

  took(side: Side, milliseconds: number): void {
    if (this.#winner !== undefined) return
    const runs = this.#runs
    runs[side]++
    if (runs[side] > 1) this.#best[side] = Math.min(this.#best[side], milliseconds)
    if (Math.min(runs.cpu, runs.cuda) === ROUNDS) {
      this.#winner = this.#best.cuda < this.#best.cpu ? 'cuda' : 'cpu'
    }
  }

  /** A GPU that fails is not asked again. */
  concede(): void {
    this.#winner = 'cpu'
  }
}

const contests = new Map<string, Contest>()

function contestOf(bytes: number, inPlace: boolean): Contest | undefined {
  if (bytes < SMALLEST || !hasCuda()) return undefined
  const key = `${Math.ceil(Math.log2(bytes))} ${inPlace}`
  let contest = contests.get(key)
  if (contest === undefined) {
    contest = new Contest()
    contests.set(key, contest)
  }
  return contest
}

/** A batch on the side that is faster, or that is to be timed. `cuda` may throw, then `cpu` runs. */
export function runAuto(
  bytes: number,
  inPlace: boolean,
  cpu: () => void,
  cuda: (device: CudaDevice) => void,
): void {
  const contest = contestOf(bytes, inPlace)
  if (contest === undefined) {
    cpu()
    return
  }
  const { side } = contest
  const start = performance.now()
  try {
    if (side === 'cpu') cpu()
    else cuda(cudaDevice('cuda'))
    contest.took(side, performance.now() - start)
  } catch (error) {
    if (!isCudas(error)) throw error
    contest.concede()
    cpu()
  }
}

/** The same for work off the main thread. Throws at once what the work throws at once. */
export function runAutoAsync(
  bytes: number,
  inPlace: boolean,
  cpu: () => Promise<void>,
  cuda: (device: CudaDevice) => Promise<void>,
): Promise<void> {
  const contest = contestOf(bytes, inPlace)
  if (contest === undefined) return cpu()
  const { side } = contest
  const start = performance.now()
  const fallBack = (error: unknown) => {
    if (!isCudas(error)) throw error
    contest.concede()
    return cpu()
  }
  let done: Promise<void>
  try {
    done = side === 'cpu' ? cpu() : cuda(cudaDevice('cuda'))
  } catch (error) {
    return fallBack(error)
  }
  return done.then(() => contest.took(side, performance.now() - start), fallBack)
}

/** Whether an error is one of CUDA's. What it left half done, masking again completes. */
function isCudas(error: unknown): boolean {
  return error instanceof GridMaskError && error.code.startsWith('ERR_CUDA')
}
