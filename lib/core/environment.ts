/**
 * What is asked of the process around the package, where Node's and Deno's permissions may refuse to
 * tell: a right that is missing is then as if nothing had been set.
 */
import { availableParallelism, cpus } from 'node:os'
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import { checkInteger } from './check'

/** An environment variable; undefined where it is empty, too. */
export function environmentVariable(name: string): string | undefined {
  return orUndefined(() => process.env[name]) || undefined
}

/** One that holds a whole number from 1 on. */
export function environmentNumber(name: string, max: number): number | undefined {
  const text = environmentVariable(name)
  if (text === undefined) return undefined
  return checkInteger(name, /^\d+$/.test(text) ? Number(text) : text, 1, max)
}

/** Threads that the operating system lets this process run at a time. */
export function parallelism(): number {
  // Deno's needs no right.
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } }
  return orUndefined(availableParallelism) ?? navigator?.hardwareConcurrency ?? 1
}

export function processorName(): string {
  return orUndefined(() => cpus()[0]?.model.trim()) || 'unknown processor'
}

/** What the package warns of, each once in a process, whatever the number of its threads. */
export type WarningCode =
  | 'GRIDMASK_EPOCH'
  | 'GRIDMASK_FALLBACK'
  | 'GRIDMASK_LAYOUT'
  | 'GRIDMASK_SEED'
  | 'GRIDMASK_UNIT'
  | 'GRIDMASK_WORKERS'

export function warnOnce(code: WarningCode, message: string): void {
  const key = `gridmask.warned.${code}`
  if (getEnvironmentData(key) === true) return
  setEnvironmentData(key, true)
  process.emitWarning(message, { type: 'GridMaskWarning', code })
}

export function orUndefined<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch {
    return undefined
  }
}
