// Calls of native code, so that its stand-in can be called likewise.
import { expect } from '@jest/globals'
import { native } from '../../lib/backend/native'
import type { HostPreprocessArguments } from '../../lib/core/native-interface'
import { fallback } from '../../lib/fallback/fallback'

/** What native code was called with. */
export function recorded(
  run: () => ArrayBufferView,
): [result: ArrayBufferView, HostPreprocessArguments[]] {
  const calls: HostPreprocessArguments[] = []
  const { preprocess } = native
  native.preprocess = (header, ...args) => {
    // The header is the same array in every call.
    calls.push([header.slice(), ...args])
    return preprocess(header, ...args)
  }
  try {
    return [run(), calls]
  } finally {
    native.preprocess = preprocess
  }
}

/** The result of the same call in plain TypeScript. */
export function onFallback([
  header,
  sources,
  target,
  ...rest
]: HostPreprocessArguments): Uint8Array {
  const again = new Uint8Array(target.byteLength)
  expect(fallback.preprocess(header, sources, again, ...rest)).toBe(0)
  return again
}
