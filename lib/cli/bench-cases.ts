/** What `gridmask bench` measures, and against what. */

import { GridMask } from '../api/gridmask'
import { maskOf } from '../api/mask-queries'
import type { GridMaskOptions } from '../api/options'
import { presets } from '../api/presets'
import type { CpuInfo, CudaInfo } from '../backend/devices'
import { DeviceTensor } from '../execution/device-tensor'

type Shape = readonly [number, number, number, number]

export interface Batch {
  name: string
  shape: Shape
  options: GridMaskOptions
}

const every = { probability: 1, seed: 1 }

export const batches: readonly Batch[] = [
  {
    name: '64×3×224×224, ImageNet',
    shape: [64, 3, 224, 224],
    options: { ...presets.imagenet, ...every },
  },
  {
    name: '256×3×32×32, CIFAR-10',
    shape: [256, 3, 32, 32],
    options: { ...presets.cifar10, ...every },
  },
]

/** A way to mask a batch. */
export interface Way {
  name: string
  /** What works: `1 thread`, `8 threads`, `cuda:0`. */
  on: string
  run: () => void
  /** What one would write without this package, with the mask prepared beforehand. */
  loop?: (() => void) | undefined
  /** The result of `run`. */
  result: () => Float32Array
  dispose?: () => void
}

export interface Bench {
  images: Float32Array
  /** Copies the whole batch into another array, on one thread. */
  copy: () => void
  ways: Way[]
}

export function prepare(
  { shape, options }: Batch,
  cpu: CpuInfo,
  gpus: readonly CudaInfo[],
  threads: number,
): Bench {
  const images = new Float32Array(shape.reduce((a, b) => a * b))
  for (let i = 0; i < images.length; i++) images[i] = (i % 251) + 1
  const out = new Float32Array(images.length)
  const looped = images.slice()
  const mask = maskOf({ d: 20, ratio: 0.5, angle: 30 }, [shape[2], shape[3]])

  const counts = cpu.backend === 'native' && threads > 1 ? [1, threads] : [1]
  const ways = counts.flatMap((threads): Way[] => {
    const gridmask = new GridMask({ ...options, device: 'cpu', threads })
    const on = threads === 1 ? '1 thread' : `${threads} threads`
    // The same samples in every call, so that the result is known.
    const request = { shape, index: 0 }
    const inPlace = images.slice()
    return [
      {
        name: 'into another array',
        on,
        run: () => gridmask.apply(images, { ...request, out }),
        loop: threads === 1 ? () => copyKept(out, images, mask) : undefined,
        result: () => out,
      },
      {
        name: 'in place',
        on,
        run: () => gridmask.apply(inPlace, { ...request, out: inPlace }),
        loop: threads === 1 ? () => fillDropped(looped, mask) : undefined,
        result: () => inPlace,
      },
    ]
  })
  for (const { id } of gpus) {
    const tensor = DeviceTensor.from(images, { shape, device: id })
    // On the same stream: its download waits for all earlier work.
    const last = DeviceTensor.from(new Float32Array(1), { shape: [1, 1, 1, 1], device: id })
    const gridmask = new GridMask({ ...options, device: id })
    ways.push(
      {
        name: 'in place, on the device',
        on: id,
        run: () => {
          gridmask.apply(tensor, { index: 0, out: tensor })
          last.download()
        },
        result: () => tensor.download() as Float32Array,
        dispose: () => {
          tensor.dispose()
          last.dispose()
        },
      },
      {
        name: 'into another array, by the device',
        on: id,
        run: () => gridmask.apply(images, { shape, index: 0, out }),
        result: () => out,
      },
    )
  }
  return { images, copy: () => out.set(images), ways }
}

/** A plain loop: kept values are copied, others become 0. */
function copyKept(out: Float32Array, images: Float32Array, mask: Uint8Array): void {
  for (let start = 0; start < images.length; start += mask.length) {
    for (let pixel = 0; pixel < mask.length; pixel++) {
      out[start + pixel] = mask[pixel] === 1 ? (images[start + pixel] as number) : 0
    }
  }
}

/** A plain loop in place: only dropped values are written. */
function fillDropped(images: Float32Array, mask: Uint8Array): void {
  for (let start = 0; start < images.length; start += mask.length) {
    for (let pixel = 0; pixel < mask.length; pixel++) {
      if (mask[pixel] === 0) images[start + pixel] = 0
    }
  }
}
