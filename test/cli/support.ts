// The built command, run as a user's shell would.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from '@jest/globals'

export const root = join(__dirname, '..', '..')
export const main = join(root, 'dist/cli/main.js')

/** A folder of the test file's own, which is removed in the end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gridmask-cli-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  return folder
}

interface Settings {
  cwd?: string
  env?: Record<string, string>
  program?: string
  /** What is piped to it. */
  input?: Uint8Array
}

export function gridmask(
  args: readonly string[],
  { cwd = root, env = {}, program = main, input }: Settings = {},
) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 26,
    ...(input && { input }),
  })
  return { status, stdout, stderr }
}

/** What a command prints with --json; all must have gone well. */
export function jsonOf(args: readonly string[], settings?: Settings) {
  const { status, stdout, stderr } = gridmask([...args, '--json'], settings)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return JSON.parse(stdout)
}

/** That a command fails with one line, and nothing on stdout. */
export function expectComplaint(
  args: readonly string[],
  status: number,
  message: RegExp,
  settings?: Settings,
): void {
  const result = gridmask(args, settings)
  expect(result.stderr.split('\n')).toEqual([expect.stringMatching(message), ''])
  expect(result).toMatchObject({ status, stdout: '' })
}
