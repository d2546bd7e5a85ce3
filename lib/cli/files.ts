/** Checks where results go, before the work, which may take long. */
import { fstatSync } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { printable } from './output'
import { UserError } from './user-error'

/** Standard input or output in place of a file name. */
export const STANDARD = '-'

/** @throws {UserError} if the file cannot be written */
export async function checkWritable(path: string): Promise<void> {
  const name = printable(path)
  const found = await statOf(path)
  if (found?.isDirectory() || /[\\/]$/.test(path)) {
    throw new UserError(`Cannot write ${name}: it is a folder`)
  }
  const folder = dirname(path)
  if (found === undefined && !(await statOf(folder))?.isDirectory()) {
    throw new UserError(`Cannot write ${name}: there is no folder ${printable(folder)}`)
  }
  try {
    await access(found ? path : folder, constants.W_OK)
  } catch (error) {
    throw new UserError(`Cannot write ${name}: ${reasonOf(error)}`)
  }
}

/** Whether the input, a file or standard input, is the file that will be written. */
export async function isSameFile(output: string, input: string): Promise<boolean> {
  const one = await statOf(output)
  const other = input === STANDARD ? fstatSync(0, { bigint: true }) : await statOf(input)
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino
}

/** The reason without the file's name, which the caller adds. */
export function reasonOf(error: unknown): string {
  return (error as Error).message.replace(/^[A-Z]+: |, \w+ '.*$/gs, '')
}

async function statOf(path: string) {
  return await stat(path, { bigint: true }).catch(() => undefined)
}
