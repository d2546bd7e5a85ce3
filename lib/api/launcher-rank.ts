/** Which process of a run this one is, according to its launcher, and which samples belong to it. */
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
  /** The number of this process, from 0 to `worldSize` - 1. */
  rank: number
  /** The number of processes, on all machines. */
  worldSize: number
}

interface Launcher {
  rank: string
  /** Variables for the number of processes; the first that is set counts. */
  worldSize: readonly string[]
}

/**
 * If one launcher starts another, such as mpirun in a Slurm job or torchrun in each pod, the inner one
 * comes first here, because it tells the processes apart.
 */
const launchers: readonly Launcher[] = [
  { rank: 'RANK', worldSize: ['WORLD_SIZE'] },
  { rank: 'OMPI_COMM_WORLD_RANK', worldSize: ['OMPI_COMM_WORLD_SIZE'] },
  { rank: 'PMI_RANK', worldSize: ['PMI_SIZE'] },
  // The size of the step that srun started, which may be smaller than the job.
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
    invalid('ERR_INVALID_ARG_VALUE', 'RANK', 'set, because `WORLD_SIZE` is set', undefined)
  }
  const rank = numberIn(env, launcher.rank)
  const name = launcher.worldSize.find((size) => env[size] !== undefined)
  if (name === undefined) {
    const [missing = ''] = launcher.worldSize.slice(-1)
    const expected = `set, because \`${launcher.rank}\` is set`
    const kubernetes = launcher.rank === 'JOB_COMPLETION_INDEX'
    const hint = kubernetes ? "Kubernetes leaves it out: set it to the job's `completions`" : ''
    invalid('ERR_INVALID_ARG_VALUE', missing, expected, undefined, hint)
  }
  const worldSize = numberIn(env, name)
  if (env.WORLD_SIZE !== undefined && numberIn(env, 'WORLD_SIZE') !== worldSize) {
    // Without RANK, somebody set it by hand, for another number of processes.
    const expected = `${worldSize} like \`${name}\`, or to come with \`RANK\``
    invalid('ERR_INVALID_ARG_VALUE', 'WORLD_SIZE', expected, env.WORLD_SIZE)
  }
  if (worldSize === 0) invalid('ERR_OUT_OF_RANGE', name, 'at least 1', worldSize)
  if (rank >= worldSize) {
    const expected = `below ${worldSize}, the value of \`${name}\``
    invalid('ERR_OUT_OF_RANGE', launcher.rank, expected, rank)
  }
  return { rank, worldSize }
}

function numberIn(env: Readonly<Record<string, string | undefined>>, name: string): number {
  const text: unknown = env[name]
  const value = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value)) return value
  // No hint on quotes: variables of the environment are always text.
  invalid('ERR_INVALID_ARG_VALUE', name, 'a whole number of at least 0', text, '')
}

const shardKeys = new Set(['rank', 'worldSize'])

/**
 * The places of a data set, or of an epoch's order, that belong to one process: every `worldSize`-th,
 * starting at `rank`. Together the processes have each place once. The first ones may have one place
 * more than the last.
 *
 * @param count the number of places, for all processes together; one process may have up to 2²⁶
 * @param shard which process; by default the one that {@link launcherRank} returns
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
