/** Processes of their own, and folders that are gone when a test file is done. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from '@jest/globals'

/** The package's. */
export const root = join(__dirname, '..')

/** A folder of the test file's own, which is removed in the end. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `gridmask-${name}-`))
  afterAll(() => rmSync(folder, { recursive: true }))
  return folder
}

export interface NodeSettings {
  cwd?: string
  /** What its environment has in addition to this process's. */
  env?: NodeJS.ProcessEnv
  /** What is piped to it. */
  input?: string | Uint8Array
  timeout?: number
}

/** Runs the Node that runs this. */
export function runNode(
  args: readonly string[],
  { cwd = root, env, ...settings }: NodeSettings = {},
) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 26,
    ...settings,
  })
  return { status, stdout, stderr }
}

/** What it prints; all must have gone well, without a complaint. */
export function outputOf(args: readonly string[], settings?: NodeSettings): string {
  const { status, stdout, stderr } = runNode(args, settings)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}
