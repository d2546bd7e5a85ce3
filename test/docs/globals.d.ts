// What the documentation's code assumes its reader has: arrays, a training step, an instance. A block that
// declares one of these names itself uses its own.
import type { DeviceTensor, GridMask, Plan, Preprocessor } from 'gridmask'

declare global {
  /** A batch of images, and what belongs to it. */
  let images: Float32Array
  let labels: Int32Array
  const oneHot: Float32Array
  const shape: readonly [number, number, number, number]
  function batches(): AsyncIterable<{ images: Float32Array; labels: Int32Array }>
  function train(images: Float32Array, labels: ArrayLike<number>): Promise<void>
  /** A batch's place in the training. */
  let epoch: number
  let index: number
  let step: number
  const gridmask: GridMask
  const preprocessor: Preprocessor
  /** Pictures on disk. */
  const files: string[]
  const plan: Plan
  const batch: DeviceTensor<Float32Array>
  /** Memory of the device and a stream that other code owns. */
  const pointer: bigint
  const stream: bigint
}
