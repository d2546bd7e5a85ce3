// What the assembler reports about the kernels; docs/kernel.md relies on it.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { images } from './sources'

const root = join(__dirname, '..', '..')

function findNvcc(): string | undefined {
  const toolkits = [process.env.CUDA_PATH, process.env.CUDA_HOME, '/usr/local/cuda']
  const folders = [
    ...toolkits.flatMap((toolkit) => (toolkit ? [join(toolkit, 'bin')] : [])),
    ...(process.env.PATH ?? '').split(process.platform === 'win32' ? ';' : ':'),
  ]
  const name = process.platform === 'win32' ? 'nvcc.exe' : 'nvcc'
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

interface Usage {
  kernel: string
  architecture: string
  registers: number
  spilled: number
}

/**
 * Compiles a source's kernels for each of the architectures and reads what `ptxas -v` reports.
 *
 * @param portable of which architecture's PTX; else each has its own
 */
function usages(nvcc: string, architectures: string[], source: string, portable?: string): Usage[] {
  const folder = mkdtempSync(join(tmpdir(), 'gridmask-kernel-'))
  try {
    // Warnings are the build's to refuse; here ptxas may say that an old architecture has no room
    // for so many blocks as the images of PTX ask for.
    const script = `"$0" -std=c++17 -I native -Xptxas -v -fatbin "$@" 2>&1`
    const options = architectures.map(
      (sm) => `-gencode=arch=compute_${portable ?? sm},code=sm_${sm}`,
    )
    const output = join(folder, 'gridmask.fatbin')
    const report = execFileSync('sh', ['-c', script, nvcc, ...options, '-o', output, source], {
      cwd: root,
      encoding: 'utf8',
    })
    const pattern =
      /entry function '(\w+)' for '(sm_\d+)'[\s\S]*?(\d+) bytes spill stores, (\d+) bytes spill loads[\s\S]*?Used (\d+) registers/g
    return Array.from(
      report.matchAll(pattern),
      ([, kernel, architecture, stores, loads, used]) => ({
        kernel: kernel as string,
        architecture: architecture as string,
        registers: Number(used),
        spilled: Number(stores) + Number(loads),
      }),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const kinds = ['planar', 'interleaved', 'random', 'rows', 'mix', 'noise', 'preprocess']

/** "At most 40 registers (planar)" of docs/kernel.md. */
function documentedRegisters(kind: string): number {
  const text = readFileSync(join(root, 'docs/kernel.md'), 'utf8')
  return Number(new RegExp(`at most (\\d+) registers \\(${kind}\\)`).exec(text)?.[1])
}

const nvcc = process.platform === 'win32' ? undefined : findNvcc()
const withNvcc = nvcc ? test : test.skip

withNvcc(
  `no kernel spills or needs more registers than documented${nvcc ? '' : ' (skipped: no nvcc)'}`,
  () => {
    const known = execFileSync(nvcc as string, ['--list-gpu-arch'], { encoding: 'utf8' })
    const architectures = ['70', '75', '80', '90', '100', '120'].filter((sm) =>
      known.includes(`compute_${sm}\n`),
    )
    // As native/scripts/cuda-image.cmake compiles them: all but the first are shipped as PTX.
    const oldest = known.includes('compute_50\n') ? '50' : '75'
    const found = images.flatMap((name, i) =>
      usages(nvcc as string, architectures, `native/cuda/${name}.cu`, i === 0 ? undefined : oldest),
    )
    expect(found).toHaveLength(64 * architectures.length)

    const limits = new Map(kinds.map((kind) => [kind, documentedRegisters(kind)]))
    const beyond = found.filter(({ kernel, registers, spilled }) => {
      const kind = kinds.find((name) => kernel.startsWith(`gridmask_${name}`))
      return spilled !== 0 || !(registers <= (limits.get(kind as string) as number))
    })
    expect(beyond).toEqual([])
  },
  600_000,
)
