/** Masks that the authors' own code drew. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Sample, SampleParams } from '../../lib/index'

type Drawn = 'd' | 'ratio' | 'l' | 'deltaX' | 'deltaY' | 'angle'

export interface Golden extends Pick<Sample, Drawn> {
  height: number
  width: number
  /** 1: GridMask, 0: reversed. */
  mode: 0 | 1
  /** base64 of the bits, row by row, most significant first; 1 = kept. */
  keep: string
}

const file = join(__dirname, 'authors-masks.json.gz')
export const goldenMasks: Golden[] = JSON.parse(gunzipSync(readFileSync(file)).toString())

export function paramsOf({ mode, ...golden }: Golden): SampleParams {
  const { d, ratio, l, deltaX, deltaY, angle } = golden
  return { d, ratio, l, deltaX, deltaY, angle, reverse: mode === 0 }
}

/** For each pixel 1 if it is kept, else 0. */
export function expectedMask({ height, width, keep }: Golden): Uint8Array {
  const bits = Buffer.from(keep, 'base64')
  return Uint8Array.from({ length: height * width }, (_, i) => {
    return ((bits[i >> 3] as number) >> (7 - (i & 7))) & 1
  })
}
