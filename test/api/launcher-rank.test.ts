// Ranks as each launcher gives them, contradictions, and nonsense.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { GridMaskError, launcherRank, shardIndices } from '../../lib/index'

type Environment = Record<string, string>

/** What each launcher sets in the process of rank 3 of 8, as its documentation has it. */
const launchers: [name: string, rank: Environment, worldSize: Environment][] = [
  ['torchrun', { RANK: '3', LOCAL_RANK: '1' }, { WORLD_SIZE: '8', LOCAL_WORLD_SIZE: '2' }],
  ['Open MPI', { OMPI_COMM_WORLD_RANK: '3' }, { OMPI_COMM_WORLD_SIZE: '8' }],
  ['MPICH, Intel MPI', { PMI_RANK: '3' }, { PMI_SIZE: '8' }],
  ['Slurm', { SLURM_PROCID: '3', SLURM_LOCALID: '1' }, { SLURM_NTASKS: '8', SLURM_NNODES: '4' }],
  ['Kubernetes', { JOB_COMPLETION_INDEX: '3' }, { WORLD_SIZE: '8' }],
]

function errorOf(run: () => unknown): { code: string; message: string } {
  try {
    run()
  } catch (error) {
    if (!(error instanceof GridMaskError)) throw error
    return { code: error.code, message: error.message }
  }
  throw new Error('nothing was thrown')
}

describe.each(launchers)('%s', (_, rank, worldSize) => {
  const [name = ''] = Object.keys(rank)
  const [sizeName = ''] = Object.keys(worldSize)

  test('is understood', () => {
    const others = { PATH: '/bin', SLURM_JOB_ID: '7' }
    expect(launcherRank({ ...others, ...rank, ...worldSize })).toEqual({ rank: 3, worldSize: 8 })
    expect(launcherRank({ ...rank, ...worldSize, [name]: '0' }).rank).toBe(0)
  })

  test('a rank needs its size', () => {
    const { code, message } = errorOf(() => launcherRank(rank))
    expect(code).toBe('ERR_INVALID_ARG_VALUE')
    expect(message).toContain(`\`${sizeName}\` to be set, because \`${name}\` is set`)
  })

  test.each(['', ' ', '3 ', '-1', '+3', '3.5', '1e1', '0x3', 'three', 'NaN', '9'.repeat(20)])(
    "refuses '%s'",
    (text) => {
      for (const variable of [name, sizeName]) {
        const { code, message } = errorOf(() =>
          launcherRank({ ...rank, ...worldSize, [variable]: text }),
        )
        expect(code).toBe('ERR_INVALID_ARG_VALUE')
        expect(message).toContain(`\`${variable}\` to be a whole number`)
        expect(message).not.toContain('quotes') // which variables do not have
      }
    },
  )

  test.each(['8', '9', '4096'])('refuses rank %s of 8', (text) => {
    const run = () => launcherRank({ ...rank, ...worldSize, [name]: text })
    expect(errorOf(run)).toEqual({
      code: 'ERR_OUT_OF_RANGE',
      message: `Expected \`${name}\` to be below 8, the value of \`${sizeName}\`, but received ${text}`,
    })
  })

  test('refuses a size of 0', () => {
    const run = () => launcherRank({ ...rank, ...worldSize, [name]: '0', [sizeName]: '0' })
    expect(errorOf(run).code).toBe('ERR_OUT_OF_RANGE')
  })
})

describe('several launchers', () => {
  test('one inside another: the inner one counts', () => {
    const slurm = { SLURM_PROCID: '1', SLURM_NTASKS: '2' }
    const pod = { JOB_COMPLETION_INDEX: '1' }
    const torchrun = { RANK: '5', WORLD_SIZE: '16' }
    const mpirun = { OMPI_COMM_WORLD_RANK: '6', OMPI_COMM_WORLD_SIZE: '7' }
    expect(launcherRank({ ...slurm, ...torchrun })).toEqual({ rank: 5, worldSize: 16 })
    expect(launcherRank({ ...pod, ...torchrun })).toEqual({ rank: 5, worldSize: 16 })
    expect(launcherRank({ ...mpirun, ...torchrun })).toEqual({ rank: 5, worldSize: 16 })
    // mpirun from a job's script, whose own rank is 0.
    const script = { SLURM_PROCID: '0', SLURM_NTASKS: '7' }
    expect(launcherRank({ ...script, ...mpirun })).toEqual({ rank: 6, worldSize: 7 })
    expect(launcherRank({ ...pod, ...slurm })).toEqual({ rank: 1, worldSize: 2 })
  })

  test("a step of a job counts the step's tasks", () => {
    const step = { SLURM_PROCID: '1', SLURM_NTASKS: '8', SLURM_STEP_NUM_TASKS: '2' }
    expect(launcherRank(step)).toEqual({ rank: 1, worldSize: 2 })
  })

  test('a separate WORLD_SIZE must agree with the launcher', () => {
    const slurm = { SLURM_PROCID: '1', SLURM_NTASKS: '2' }
    expect(launcherRank({ ...slurm, WORLD_SIZE: '2' })).toEqual({ rank: 1, worldSize: 2 })
    expect(errorOf(() => launcherRank({ ...slurm, WORLD_SIZE: '4' }))).toEqual({
      code: 'ERR_INVALID_ARG_VALUE',
      message:
        "Expected `WORLD_SIZE` to be 2 like `SLURM_NTASKS`, or to come with `RANK`, but received '4'",
    })
    expect(errorOf(() => launcherRank({ ...slurm, WORLD_SIZE: '' })).code).toBe(
      'ERR_INVALID_ARG_VALUE',
    )
  })

  test('a WORLD_SIZE without any rank is refused', () => {
    expect(errorOf(() => launcherRank({ WORLD_SIZE: '4' }))).toEqual({
      code: 'ERR_INVALID_ARG_VALUE',
      message: 'Expected `RANK` to be set, because `WORLD_SIZE` is set, but received undefined',
    })
  })

  test('for Kubernetes the message says what it leaves out', () => {
    const { message } = errorOf(() => launcherRank({ JOB_COMPLETION_INDEX: '0' }))
    expect(message).toContain("set it to the job's `completions`")
  })
})

test('without a launcher a process is alone', () => {
  expect(launcherRank({ PATH: '/bin', SLURM_NTASKS: '8' })).toEqual({ rank: 0, worldSize: 1 })
})

test("looks at the process's own environment", () => {
  const before = { ...process.env }
  try {
    Object.assign(process.env, { RANK: '2', WORLD_SIZE: '3' })
    expect(launcherRank()).toEqual({ rank: 2, worldSize: 3 })
    expect(shardIndices(7)).toEqual([2, 5])
  } finally {
    process.env = before
  }
})

test.each([null, 3, 'RANK=3'])('refuses %p as an environment', (env) => {
  expect(errorOf(() => launcherRank(env as never)).code).toBe('ERR_INVALID_ARG_TYPE')
})

describe('shardIndices', () => {
  test('all shards together have every place once, in ascending order, and differ by at most one', () => {
    const sizes = fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 40 }))
    fc.assert(
      fc.property(sizes, ([count, worldSize]) => {
        const shards = Array.from({ length: worldSize }, (_, rank) =>
          shardIndices(count, { rank, worldSize }),
        )
        for (const [rank, shard] of shards.entries()) {
          expect(shard.every((place, i) => place === rank + i * worldSize)).toBe(true)
        }
        const all = shards.flat().sort((a, b) => a - b)
        expect(all).toEqual(Array.from({ length: count }, (_, i) => i))
        const lengths = shards.map(({ length }) => length)
        expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test.each([
    ['a negative count', [-1, { rank: 0, worldSize: 1 }], 'ERR_OUT_OF_RANGE'],
    ['a fraction of a sample', [1.5, { rank: 0, worldSize: 1 }], 'ERR_OUT_OF_RANGE'],
    ['a count that is text', ['10', { rank: 0, worldSize: 1 }], 'ERR_INVALID_ARG_TYPE'],
    ['more than a process can list', [2 ** 27, { rank: 0, worldSize: 1 }], 'ERR_OUT_OF_RANGE'],
    ['a rank that is not there', [10, { rank: 4, worldSize: 4 }], 'ERR_OUT_OF_RANGE'],
    ['no processes', [10, { rank: 0, worldSize: 0 }], 'ERR_OUT_OF_RANGE'],
    ['a rank without a size', [10, { rank: 0 }], 'ERR_INVALID_ARG_TYPE'],
    ["another library's names", [10, { rank: 0, numReplicas: 4 }], 'ERR_INVALID_ARG_VALUE'],
    ['a rank alone', [10, 3], 'ERR_INVALID_ARG_TYPE'],
  ])('refuses %s', (_, args, code) => {
    const run = () => shardIndices(...(args as Parameters<typeof shardIndices>))
    expect(errorOf(run).code).toBe(code)
  })
})
