import { constant, linear } from '../plan/schedule'
import type { GridMaskOptions } from './options'

/**
 * The settings with which the authors trained, from their published code and their answers to
 * questions about it. Spread one to change it: `new GridMask({ ...presets.imagenet, seed: 7 })`.
 *
 * | preset | `ratio` | `unit` | `rotate` | `probability` | trained |
 * |---|---|---|---|---|---|
 * | `imagenet` | 0.6 | [96, 224) | 360 | grows to 0.8 in epoch 240 | ResNet-50 on 224×224, 300 epochs |
 * | `cifar10` | 0.4 | [24, 33) | 0 | grows to 0.8 in epoch 280 | CIFAR-10, 32×32 |
 * | `coco` | 0.5 | [2, shorter side) | 0 | 0.7 | Faster R-CNN on COCO |
 * | `cityscapes` | 0.5 | [96, 512) | 0 | grows to 0.75 in epoch 250 | PSPNet on Cityscapes, 300 epochs |
 *
 * All other options have their defaults.
 *
 * @example
 * ```ts run
 * const gridmask = new GridMask({ ...presets.imagenet, seed: 7 })
 * console.log(gridmask.options.ratio, gridmask.options.unit)   // 0.6 [ 96, 224 ]
 * ```
 */
export const presets: Readonly<
  Record<'imagenet' | 'cifar10' | 'coco' | 'cityscapes', Readonly<GridMaskOptions>>
> = Object.freeze({
  /** ResNet-50 on 224×224 crops, 300 epochs (section 4.1.1). */
  imagenet: Object.freeze({
    ratio: 0.6,
    unit: [96, 224] as const,
    rotate: 360,
    probability: linear({ to: 0.8, epochs: 240 }),
  }),
  /** CIFAR-10, 32×32 (section 4.1.2). */
  cifar10: Object.freeze({
    ratio: 0.4,
    unit: [24, 33] as const,
    probability: linear({ to: 0.8, epochs: 280 }),
  }),
  /**
   * Faster R-CNN on COCO (section 4.2): d from 2 to the image's shorter side less 1. An image too
   * small for that range, below 3 pixels, gets d = 2.
   */
  coco: Object.freeze({
    ratio: 0.5,
    unit: (height: number, width: number) => [2, Math.max(3, Math.min(height, width))] as const,
    probability: constant(0.7),
  }),
  /** PSPNet on Cityscapes, 300 epochs (section 4.3). */
  cityscapes: Object.freeze({
    ratio: 0.5,
    unit: [96, 512] as const,
    probability: linear({ to: 0.75, epochs: 250 }),
  }),
})
