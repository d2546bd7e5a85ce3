// Preprocessor against a separate oracle, value by value: every kind of image, crop, type and layout, with
// the native backend and the one in plain TypeScript. test/cuda has the same on CUDA.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { HostPreprocessArguments } from '../../lib/core/native-interface'
import { Preprocessor, PreprocessorPlan } from '../../lib/index'
import { expectBytes } from '../support'
import { batches, batchOf } from './batches'
import { onFallback, recorded } from './recorded'

test('is what the documentation says, on every backend', () => {
  fc.assert(
    fc.property(batches, (given) => {
      const { options, images, request, expected } = batchOf({ PreprocessorPlan }, given)
      const preprocessor = new Preprocessor(options)
      const [output, calls] = recorded(() => preprocessor.apply(images, request))
      expectBytes(output, expected)
      expect(calls.length).toBe(1)
      expectBytes(onFallback(calls[0] as HostPreprocessArguments), expected)
    }),
    { numRuns: 300 },
  )
}, 120_000)
