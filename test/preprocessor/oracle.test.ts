// Preprocessor against a separate oracle, value by value: every kind of image, crop, type and layout, with
// the native backend and the one in plain TypeScript. test/cuda has the same on CUDA.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { native } from '../../lib/backend/native'
import type { HostPreprocessArguments } from '../../lib/core/native-interface'
import { fallback } from '../../lib/fallback/fallback'
import { Preprocessor, PreprocessorPlan } from '../../lib/index'
import { expectBytes } from '../support'
import { batches, batchOf } from './batches'

/** What native code was called with, so that its stand-in can be too. */
function recorded(
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

test('is what the documentation says, on every backend', () => {
  fc.assert(
    fc.property(batches, (given) => {
      const { options, images, request, expected } = batchOf({ PreprocessorPlan }, given)
      const preprocessor = new Preprocessor(options)
      const [output, calls] = recorded(() => preprocessor.apply(images, request))
      expectBytes(output, expected)
      expect(calls.length).toBe(1)
      const [header, sources, target, ...rest] = calls[0] as HostPreprocessArguments
      const again = new Uint8Array(target.byteLength)
      expect(fallback.preprocess(header, sources, again, ...rest)).toBe(0)
      expectBytes(again, expected)
    }),
    { numRuns: 300 },
  )
}, 120_000)
