// The built command, run as a user's shell would.
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { type NodeSettings, root, runNode } from '../process'

export const main = join(root, 'dist/cli/main.js')

interface Settings extends NodeSettings {
  program?: string
}

export const gridmask = (args: readonly string[], { program = main, ...settings }: Settings = {}) =>
  runNode([program, ...args], settings)

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
