/**
 * Questions to the process that the package runs in. Node's and Deno's permissions may refuse an answer;
 * that counts as if nothing had been set.
 */
import { availableParallelism, cpus } from 'node:os'
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import { checkInteger } from './check'

/** An environment variable; undefined if it is unset or empty. */
export function environmentVariable(name: string): string | undefined {
  return orUndefined(() => process.env[name]) || undefined
}

/** An environment variable that holds a whole number of 1 or more. */
export function environmentNumber(name: string, max: number): number | undefined {
  const text = environmentVariable(name)
  if (text === undefined) return undefined
  return checkInteger(name, /^\d+$/.test(text) ? Number(text) : text, 1, max)
}

/** How many threads the operating system lets this process run at once. */
export function parallelism(): number {
  // In Deno, `navigator` needs no permission.
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } }
  return orUndefined(availableParallelism) ?? navigator?.hardwareConcurrency ?? 1
}

export function processorName(): string {
  return orUndefined(() => cpus()[0]?.model.trim()) || 'unknown processor'
}

/** What the package warns about. It gives each warning once per process, however many threads there are. */
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
