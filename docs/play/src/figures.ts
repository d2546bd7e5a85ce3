/** The mask and the masked picture on canvases of the image's size, and the unit above them. */
import { NoiseField, noiseBits, noiseValue } from '../../../lib/fallback/noise'
import type { Sample } from '../../../lib/plan/plan'
import { DEVIATION, MEAN } from './call'
import type { State } from './state'

type Size = readonly [height: number, width: number]

/** Kept pixels white, dropped ones black. */
export function drawMask(canvas: HTMLCanvasElement, mask: Uint8Array, [height, width]: Size): void {
  const image = new ImageData(width, height)
  const words = new Uint32Array(image.data.buffer)
  for (let i = 0; i < mask.length; i++) words[i] = mask[i] === 1 ? 0xffffffff : 0xff000000
  put(canvas, image)
}

/** Kept pixels as they are, dropped ones as the fill says; `partner` is GridMix's other image. */
export function drawResult(
  canvas: HTMLCanvasElement,
  mask: Uint8Array,
  picture: ImageData,
  partner: ImageData,
  fill: State['fill'],
  sample: Sample,
): void {
  const image = new ImageData(picture.data.slice(), picture.width, picture.height)
  const filled = fillOf(fill, sample, partner)
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 1) continue
    for (let channel = 0; channel < 3; channel++) image.data[4 * i + channel] = filled(i, channel)
  }
  put(canvas, image)
}

/** The byte of a dropped pixel in a channel. */
function fillOf(
  fill: State['fill'],
  sample: Sample,
  partner: ImageData,
): (pixel: number, channel: number) => number {
  if (fill === 'mean') return (_, channel) => MEAN[channel] as number
  if (fill === 'gridmix') return (pixel, channel) => partner.data[4 * pixel + channel] as number
  if (fill === 'black') return () => 0
  const field = new NoiseField(fill, sample, 0, partner.width * partner.height)
  return (pixel, channel) => {
    const [a, b] = fill === 'uniform' ? [0, 255] : [MEAN[channel], DEVIATION[channel]]
    return noiseBits(noiseValue(fill, field.at(pixel), a as number, b as number), 'uint8')
  }
}

function put(canvas: HTMLCanvasElement, image: ImageData): void {
  if (canvas.width !== image.width) canvas.width = image.width
  if (canvas.height !== image.height) canvas.height = image.height
  canvas.getContext('2d', { willReadFrequently: true })?.putImageData(image, 0, 0)
}

/**
 * The unit nearest to the image's middle: dotted as in Figure 4, with its square in a thin line, and the
 * stripe's width l and the side d next to it. δ gives its corner. The mask does not depend on these lines.
 */
export function drawUnit(overlay: SVGSVGElement, sample: Sample, [height, width]: Size): void {
  const { d, l, deltaX, deltaY, angle } = sample
  const side = Math.ceil(Math.hypot(height, width))
  const [left, top] = [Math.floor((side - width) / 2), Math.floor((side - height) / 2)]
  const middle = side / 2
  const turn = (-angle * Math.PI) / 180
  const [c, s] = [Math.cos(turn), Math.sin(turn)]
  const origin = (delta: number) => delta + Math.round((middle - delta) / d - 0.5) * d
  const [x0, y0] = [origin(deltaX), origin(deltaY)]
  // The lattice's coordinates are the canvas's, rotated about its middle; this rotates them back.
  const point = (x: number, y: number) => {
    const [fromX, fromY] = [x0 + x - middle, y0 + y - middle]
    return [middle + c * fromX - s * fromY - left, middle + s * fromX + c * fromY - top]
  }
  const path = (...points: number[][]) => `M${points.map((p) => p.map(round).join(' ')).join('L')}`
  const unit = path(point(0, 0), point(d, 0), point(d, d), point(0, d))
  const square = path(point(l, l), point(d, l), point(d, d), point(l, d))
  const size = Math.max(height, width) / 18
  const label = (text: string, x: number, y: number) => {
    const inside = (value: number, side: number) => Math.min(Math.max(value, size), side - size)
    const [px = 0, py = 0] = point(x, y)
    const [left, top] = [round(inside(px, width)), round(inside(py, height))]
    return `<text x="${left}" y="${top}" font-size="${round(size)}">${text}</text>`
  }
  overlay.setAttribute('viewBox', `0 0 ${width} ${height}`)
  overlay.innerHTML =
    `<path class="edge" d="${unit}Z"/><path class="square" d="${square}Z"/>` +
    `<path class="unit" d="${unit}Z"/>` +
    label('d', d / 2, -0.6 * size) +
    label('l', l / 2, d + 0.6 * size) +
    corner(point(0, 0), round(size / 5)) +
    label('δ', -0.55 * size, -0.55 * size)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

function corner([x = 0, y = 0]: number[], radius: number): string {
  return `<circle class="corner" cx="${round(x)}" cy="${round(y)}" r="${radius}"/>`
}
