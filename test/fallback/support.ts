import { expect } from '@jest/globals'
import { native } from '../../lib/backend/native'
import { fallback } from '../../lib/fallback/fallback'
import type { ImageArray } from '../../lib/index'
import { expectBytes, type Kind, newArray, scramble } from '../support'

/**
 * Expects both backends, and the native one with every instruction set that runs here, to do the
 * same to arrays of `length` elements that lie `offset` elements behind their buffer's start.
 *
 * @param call returns the backend's status
 * @returns the arrays afterwards
 */
export function expectSameOfBoth(
  kind: Kind,
  { length, offset, inPlace }: { length: number; offset: number; inPlace: boolean },
  call: (backend: typeof native, source: ImageArray, target: ImageArray) => number,
) {
  const arraysOf = (backend: typeof native): Arrays => {
    const source = scramble(newArray(kind, length, offset))
    const target = inPlace ? source : newArray(kind, length, offset)
    expect(call(backend, source, target)).toBe(0)
    return { source, target }
  }
  const theirs = arraysOf(fallback)
  withEachInstructionSet(() => {
    const ours = arraysOf(native)
    expectBytes(ours.source, theirs.source)
    expectBytes(ours.target, theirs.target)
  })
  return theirs
}

/** Calls `work` while each of the instruction sets is in use that this processor has. */
export function withEachInstructionSet(work: (name: string) => void): void {
  const before = native.instructionSet()
  try {
    for (const name of native.instructionSets()) {
      expect(native.useInstructions(name)).toBe(0)
      work(name)
    }
  } finally {
    native.useInstructions(before)
  }
}

interface Arrays {
  source: ImageArray
  target: ImageArray
}
