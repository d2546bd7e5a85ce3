// Processes of their own.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect } from '@jest/globals'

export interface Outcome {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** A process that ended by itself, without a complaint. */
export const clean = (exitCode = 0, stdout: unknown = expect.any(String)) => ({
  code: exitCode,
  signal: null,
  stdout,
  stderr: '',
})

/**
 * Runs fixtures/<name>.cjs in a process of its own: what would crash there must not take Jest along,
 * and Jest's realm must not matter.
 */
export function runFixture(
  name: string,
  args: string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Outcome> {
  const path = join(__dirname, 'fixtures', `${name}.cjs`)
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', path, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 30_000,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}
