import { constant, linear } from '../plan/schedule'
import type { GridMaskOptions } from './options'

/**
 * The settings with which the authors trained, from their published code and their answers to
 * questions about it. Spread one to change it: `new GridMask({ ...presets.imagenet, seed: 7 })`.
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
