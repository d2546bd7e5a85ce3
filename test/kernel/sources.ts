import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The images of native/cuda/fatbin.h, in their order. */
export const images = ['kernels', 'rows', 'mix', 'rare', 'preprocess']

/** All that the kernels are compiled from, in the package at `root`, sorted. */
export function kernelSources(root: string): string[] {
  const found = new Set<string>()
  const add = (path: string) => {
    if (found.has(path)) return
    found.add(path)
    const text = readFileSync(join(root, path), 'utf8')
    for (const [, name] of text.matchAll(/^#include "(.+)"$/gm)) add(`native/${name}`)
  }
  for (const name of images) add(`native/cuda/${name}.cu`)
  return [...found].sort()
}

/** As native/scripts/hash-sources.cmake has it. */
export function hashOfSources(root: string): string {
  const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
  const hashes = kernelSources(root).map((path) => sha256(readFileSync(join(root, path))))
  return sha256(hashes.map((hash) => `${hash}\n`).join(''))
}
