/** Reads, crops and resizes pictures with sharp, which users install beside this package. */
import { readFile } from 'node:fs/promises'
import { reasonOf, STANDARD } from './files'
import { printable } from './output'
import { UserError } from './user-error'

/** An RGB image of 8-bit pixels. */
export interface Picture {
  rgb: Uint8Array
  width: number
  height: number
}

// Enough for a sheet; more of a 50-megapixel photograph would only take time.
const LONG_SIDE = 1600

/** Loads sharp only when a picture is to be decoded: nothing else needs it. */
export async function loadSharp() {
  try {
    return (await import('sharp')).default
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_MODULE_NOT_FOUND') {
      throw new UserError(
        'Pictures are decoded by sharp, which is not installed: npm install sharp',
      )
    }
    throw new UserError(`Pictures are decoded by sharp, which does not load: ${firstLine(message)}`)
  }
}

const firstLine = (text: string) => text.split('\n')[0]

/**
 * @param path a file, or `-` for standard input
 * @throws {UserError} if there is no such file, or no picture in it
 */
export async function readPicture(path: string): Promise<Picture> {
  if (path === STANDARD) return decodePicture('standard input', await readStandardInput())
  return decodePicture(path, await readBytes(path))
}

async function readStandardInput(): Promise<Buffer> {
  if (process.stdin.isTTY) throw new UserError('Nothing is piped to standard input')
  return Buffer.concat(await process.stdin.toArray())
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const name = printable(path)
    if (code === 'ENOENT') throw new UserError(`There is no file ${name}`)
    if (code === 'EISDIR') throw new UserError(`${name} is a folder, not a picture`)
    throw new UserError(`Cannot read ${name}: ${reasonOf(error)}`)
  }
}

/**
 * Decodes a picture: turned upright, and on white where it is transparent.
 *
 * @param name the user's name for it
 */
export async function decodePicture(name: string, bytes: Buffer): Promise<Picture> {
  const sharp = await loadSharp()
  if (bytes.length === 0) throw new UserError(`${printable(name)} is empty`)
  try {
    const { data, info } = await sharp(bytes)
      .autoOrient()
      .flatten({ background: 'white' })
      .resize(LONG_SIDE, LONG_SIDE, { fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    return { rgb: data, width: info.width, height: info.height }
  } catch (error) {
    const what = isHeic(bytes)
      ? 'is a HEIC picture, which sharp from npm cannot decode: convert it to JPEG or PNG'
      : `is not a picture that sharp can decode (${firstLine((error as Error).message)})`
    throw new UserError(`${printable(name)} ${what}`)
  }
}

/** The format of many phones: a HEIF file whose brands say that it holds HEVC, which is patented. */
function isHeic(bytes: Buffer): boolean {
  const [kind, brands] = [bytes.toString('latin1', 4, 8), bytes.toString('latin1', 8, 64)]
  return kind === 'ftyp' && /hei[cmsx]|hev[cmsx]/.test(brands)
}

/** @param fit 'fill' stretches, 'cover' crops the longer side */
export async function resizePicture(
  { rgb, width: fromWidth, height: fromHeight }: Picture,
  width: number,
  height: number,
  {
    kernel = 'lanczos3',
    fit = 'fill',
  }: { kernel?: 'nearest' | 'lanczos3'; fit?: 'fill' | 'cover' } = {},
): Promise<Picture> {
  const sharp = await loadSharp()
  const raw = { width: fromWidth, height: fromHeight, channels: 3 } as const
  const resized = await sharp(rgb, { raw }).resize(width, height, { fit, kernel }).raw().toBuffer()
  return { rgb: resized, width, height }
}
