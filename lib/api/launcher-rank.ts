/** Which process of a run this one is, as the program that started it says, and which samples are its own. */
import { checkInteger, checkOptions, invalid } from '../core/check'
import { MAX_COUNT } from '../core/limits'

/**
 * One process of several that share a data set, in the terms of MPI and of PyTorch.
 *
 * @example
 * ```ts
 * const last: LauncherRank = { rank: 7, worldSize: 8 }
 * ```
 */
export interface LauncherRank {
  /** Which of them, from 0 to `worldSize` - 1. */
  rank: number
  /** How many there are, on all machines. */
  worldSize: number
}

interface Launcher {
  rank: string
  /** What says how many there are; the first that is set. */
  worldSize: readonly string[]
}

/**
 * Where one launcher starts another, as Slurm does mpirun, and each pod of a job torchrun, the inner one
 * comes first here: it is what tells the processes apart.
 */
const launchers: readonly Launcher[] = [
  { rank: 'RANK', worldSize: ['WORLD_SIZE'] },
  { rank: 'OMPI_COMM_WORLD_RANK', worldSize: ['OMPI_COMM_WORLD_SIZE'] },
  { rank: 'PMI_RANK', worldSize: ['PMI_SIZE'] },
  // Of the step that srun started, which may be smaller than the job.
  { rank: 'SLURM_PROCID', worldSize: ['SLURM_STEP_NUM_TASKS', 'SLURM_NTASKS'] },
  { rank: 'JOB_COMPLETION_INDEX', worldSize: ['WORLD_SIZE'] },
]

/**
 * The rank of this process, from the environment variables of torchrun, Open MPI, MPICH and Intel
 * MPI, Slurm, or an indexed job of Kubernetes, in this order if several are set. Kubernetes does
 * not say how many pods there are: set WORLD_SIZE to the job's `completions`. docs/loading.md has a
 * line for each.
 *
 * @param env where to look
 * @returns `{ rank: 0, worldSize: 1 }` if no launcher has set anything
 * @throws {GridMaskError} ERR_INVALID_ARG_TYPE; ERR_INVALID_ARG_VALUE if a variable is not a whole
 *   number, lacks its partner, or contradicts another; ERR_OUT_OF_RANGE if the rank is not below
 *   the size
 * @example
 * ```ts run
 * console.log(launcherRank({ RANK: '3', WORLD_SIZE: '8' }))   // { rank: 3, worldSize: 8 }
 * ```
 */
export function launcherRank(
  env: Readonly<Record<string, string | undefined>> = process.env,
): LauncherRank {
  if (typeof env !== 'object' || env === null) {
    invalid('ERR_INVALID_ARG_TYPE', 'env', 'an object, such as process.env', env)
  }
  const launcher = launchers.find(({ rank }) => env[rank] !== undefined)
  if (launcher === undefined) {
    if (env.WORLD_SIZE === undefined) return { rank: 0, worldSize: 1 }
    invalid('ERR_INVALID_ARG_VALUE', 'RANK', 'set where `WORLD_SIZE` is', undefined)
  }
  const rank = numberIn(env, launcher.rank)
  const name = launcher.worldSize.find((size) => env[size] !== undefined)
  if (name === undefined) {
    const [missing = ''] = launcher.worldSize.slice(-1)
    const kubernetes = launcher.rank === 'JOB_COMPLETION_INDEX'
    const hint = kubernetes ? "Kubernetes does not tell it: set it to the job's `completions`" : ''
    invalid('ERR_INVALID_ARG_VALUE', missing, `set where \`${launcher.rank}\` is`, undefined, hint)
  }
  const worldSize = numberIn(env, name)
  if (env.WORLD_SIZE !== undefined && numberIn(env, 'WORLD_SIZE') !== worldSize) {
    // Without RANK it is somebody's own, who thinks of another number of processes.
    const expected = `${worldSize} as \`${name}\` is, or to come with \`RANK\``
    invalid('ERR_INVALID_ARG_VALUE', 'WORLD_SIZE', expected, env.WORLD_SIZE)
  }
  if (worldSize === 0) invalid('ERR_OUT_OF_RANGE', name, 'at least 1', worldSize)
  if (rank >= worldSize) {
    const expected = `below ${worldSize}, which \`${name}\` says`
    invalid('ERR_OUT_OF_RANGE', launcher.rank, expected, rank)
  }
  return { rank, worldSize }
}

function numberIn(env: Readonly<Record<string, string | undefined>>, name: string): number {
  const text: unknown = env[name]
  const value = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value)) return value
  invalid('ERR_INVALID_ARG_VALUE', name, 'a whole number of at least 0', text)
}

const shardKeys = new Set(['rank', 'worldSize'])

/**
 * The places of a data set, or of an epoch's order, that belong to one process: every `worldSize`-th, from
 * `rank` on. All processes together have each place once; the first may have one more than the last.
 *
 * @param count samples, or places, of all processes; one process may have 2²⁶
 * @param shard by default what {@link launcherRank} says
 * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
 * @example
 * ```ts run
 * console.log(shardIndices(10, { rank: 1, worldSize: 4 }))   // [ 1, 5, 9 ]
 * ```
 */
export function shardIndices(count: number, shard: LauncherRank = launcherRank()): number[] {
  const given = checkOptions<LauncherRank>('shard', shard, shardKeys)
  const worldSize = checkInteger('shard.worldSize', given.worldSize, 1, 2 ** 24)
  const rank = checkInteger('shard.rank', given.rank, 0, worldSize - 1)
  const samples = checkInteger('count', count, 0, MAX_COUNT * worldSize)
  const length = Math.max(0, Math.ceil((samples - rank) / worldSize))
  return Array.from({ length }, (_, i) => rank + i * worldSize)
}
