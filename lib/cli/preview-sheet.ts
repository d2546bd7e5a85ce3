/** The sheet of `gridmask preview`: what could go wrong is checked first, then the sheet is made. */
import { writeFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { GridMask } from '../api/gridmask'
import { keepRatio } from '../api/mask-queries'
import type { GridMaskOptions } from '../api/options'
import { presets } from '../api/presets'
import type { Plan, Sample } from '../plan/plan'
import { checkSheet, contactSheet, type Photo, type Place } from './contact-sheet'
import { checkWritable, isSameFile, STANDARD } from './files'
import { note, print, printable, printJson, tableOf, withProgress } from './output'
import { loadSharp, type Picture, readPicture, resizePicture } from './pictures'
import { hasFonts, type Sheet } from './sheet'
import { UserError } from './user-error'

export type Preset = keyof typeof presets

export interface PreviewOptions {
  preset?: Preset
  ratio?: number | [number, number]
  unit?: number | [number, number]
  rotate?: number
  reverse?: true
  unitProbability?: number
  probability?: number
  fill: number[]
  seed: bigint
  epoch?: number
  size?: { width: number; height: number }
  count: number
  output: string
  open?: true
  json?: true
}

// The size of the images that each preset was made for.
const sizes: Record<Preset, { width: number; height: number }> = {
  imagenet: { width: 224, height: 224 },
  cifar10: { width: 32, height: 32 },
  coco: { width: 640, height: 480 },
  cityscapes: { width: 713, height: 713 },
}

/** A sheet to make, checked. */
export interface SheetJob {
  paths: readonly string[]
  options: PreviewOptions
  gridmask: GridMask
  width: number
  height: number
  /** The samples of all photographs, one photograph after another. */
  plan: Plan
  /** The settings in words. */
  settings: string
}

/** Checks everything that could go wrong before the sheet is made. */
export async function prepareSheet(
  paths: readonly string[],
  options: PreviewOptions,
  preset: Preset | undefined,
  gridmask: GridMask,
): Promise<SheetJob> {
  const { count, epoch = 0, output } = options
  const { width, height } = options.size ?? sizes[preset ?? 'imagenet']
  const plan = gridmask.plan({ count: count * paths.length, epoch, index: 0, height, width })
  checkSheet(paths.length, count, { width, height })
  await checkOutput(output, paths)
  await loadSharp()
  const settings = describe(options, preset, plan, gridmask.probabilityAt(epoch))
  return { paths, options, gridmask, width, height, plan, settings }
}

export async function makeSheet(job: SheetJob): Promise<void> {
  const { options, width, height, settings } = job
  const { output, json } = options
  const { photos, unreadable } = await readPhotos(job)
  // The others are still shown.
  for (const { reason } of unreadable) note(reason)
  if (unreadable.length > 0) process.exitCode = 1
  const [first, ...rest] = photos
  if (first === undefined) return

  const { sheet, places } = await contactSheet([first, ...rest], settings)
  const file = await encode(sheet, output)
  if (!(await hasFonts())) note('this machine has no fonts, so the sheet has no captions')
  const samples = photos.flatMap(({ path, masked }, i) =>
    masked.map(({ sample }, k) => ({
      photo: path,
      kept: sample.masked ? keepRatio(sample, [height, width]) : 1,
      place: places[i]?.[k] as Place,
      sample,
    })),
  )
  const toStandardOutput = output === STANDARD
  if (!json) {
    const stream = toStandardOutput ? process.stderr : process.stdout
    const head = ['', 'sample', 'd', 'r', 'δx', 'δy', 'angle', 'kept']
    const rows = samples.map(({ photo, kept, sample }) => rowOf(basename(photo), sample, kept))
    print(settings, stream)
    print(tableOf(head, rows, stream.columns), stream)
  }
  if (toStandardOutput) process.stdout.write(file)
  else await writeFile(output, file)
  if (json) printJson({ file: output, settings, width, height, samples, unreadable })
  else if (!toStandardOutput) print(`written: ${printable(output)}`)
}

interface ReadPhotos {
  photos: (Photo & { path: string })[]
  unreadable: { photo: string; reason: string }[]
}

/** Each photograph has its own part of the plan, whether or not others can be read. */
async function readPhotos(job: SheetJob): Promise<ReadPhotos> {
  const { paths, options, gridmask, width, height } = job
  const plan = [...job.plan]
  return await withProgress(paths.length, async (report) => {
    const found: ReadPhotos = { photos: [], unreadable: [] }
    for (const [i, path] of paths.entries()) {
      const samples = plan.slice(i * options.count, (i + 1) * options.count)
      const name = path === STANDARD ? 'standard input' : basename(path)
      try {
        const picture = await readPicture(path)
        const original = await resizePicture(picture, width, height, { fit: 'cover' })
        found.photos.push({ path, name, original, masked: mask(gridmask, original, samples) })
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        found.unreadable.push({ photo: path, reason: error.message })
      }
      report(i + 1)
    }
    return found
  })
}

const isJpeg = (file: string) => /\.jpe?g$/i.test(file)

/** @throws {UserError} if the sheet can't be written, or would replace a photograph */
async function checkOutput(output: string, photos: readonly string[]): Promise<void> {
  if (output === STANDARD) {
    if (process.stdout.isTTY)
      throw new UserError('A terminal cannot show a picture: redirect it to a file')
    return
  }
  const ending = extname(output)
  if (ending !== '' && !/^\.png$/i.test(ending) && !isJpeg(output)) {
    throw new UserError(`A sheet is written as .png or .jpg, not as ${printable(ending)}`)
  }
  await checkWritable(output)
  for (const photo of photos) {
    if (!(await isSameFile(output, photo))) continue
    throw new UserError(`${printable(output)} is a photograph, which the sheet would replace`)
  }
}

async function encode(sheet: Sheet, output: string): Promise<Buffer> {
  const image = await sheet.render()
  // Full resolution for colours too, since the edges of a mask are what matters.
  const jpeg = { quality: 92, chromaSubsampling: '4:4:4' }
  return await (isJpeg(output) ? image.jpeg(jpeg) : image.png()).toBuffer()
}

/** Masks a photograph's samples, as a batch. */
function mask(gridmask: GridMask, { rgb, width, height }: Picture, plan: readonly Sample[]) {
  const images = new Uint8Array(plan.length * rgb.length)
  for (let i = 0; i < plan.length; i++) images.set(rgb, i * rgb.length)
  const shape = [plan.length, height, width, 3] as const
  gridmask.apply(images, { shape, layout: 'NHWC', plan, out: images })
  return plan.map((sample, i) => {
    const own = images.subarray(i * rgb.length, (i + 1) * rgb.length)
    return { picture: { rgb: own, width, height }, sample }
  })
}

export function settingsOf(options: PreviewOptions, preset: Preset | undefined): GridMaskOptions {
  const { ratio, unit, rotate, reverse, unitProbability, probability, fill, seed, epoch } = options
  const given = { ratio, unit, rotate, reverse, unitProbability, probability }
  // An option that is undefined would hide the preset's.
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const always = epoch === undefined ? { probability: 1 } : {}
  const settings = { ...(preset && presets[preset]), ...always, ...own }
  return {
    ...(settings as GridMaskOptions),
    fill: fill.length === 1 ? Number(fill[0]) : fill,
    seed,
  }
}

function describe(
  options: PreviewOptions,
  preset: Preset | undefined,
  plan: Plan,
  p: number,
): string {
  const samples = [...plan]
  const span = (values: number[]) => {
    const [low, high] = [Math.min(...values), Math.max(...values)]
    return low === high ? String(low) : `${low} … ${high}`
  }
  return [
    preset === undefined ? 'settings of your own' : `presets.${preset}`,
    `d ${span(samples.map(({ d }) => d))}`,
    `r ${span(samples.map(({ ratio }) => ratio))}`,
    ...(options.reverse ? ['reversed'] : []),
    ...(options.unitProbability === undefined ? [] : [`pᵤ ${options.unitProbability}`]),
    ...(options.epoch === undefined ? [] : [`epoch ${options.epoch}`]),
    `p ${Number(p.toFixed(4))}`,
    `seed ${options.seed}`,
  ].join(', ')
}

function rowOf(photo: string, sample: Sample, kept: number): string[] {
  const { masked, index, d, ratio, deltaX, deltaY, angle } = sample
  const cells = [d, Number(ratio.toFixed(4)), deltaX, deltaY, `${angle}°`].map(String)
  const shown = masked ? cells : cells.map(() => '–')
  return [photo, String(index), ...shown, `${(100 * kept).toFixed(1)} %`]
}
