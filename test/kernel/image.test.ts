import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { images, kernelSources } from './sources'

const root = join(__dirname, '..', '..')

// A change to a missing one would not trigger a new compilation.
test('the build knows all sources of the kernels', () => {
  const script = readFileSync(join(root, 'native/scripts/cuda-image.cmake'), 'utf8')
  const listed = /set\(KERNEL_SOURCES\s+([^)]*)\)/.exec(script)?.[1]
  expect(listed?.trim().split(/\s+/)).toEqual(kernelSources(root))
})

/** Bytes that a binary has of an ELF object: sections with SHF_ALLOC, but those of zeros (SHT_NOBITS). */
function allocatedBytes(path: string): number {
  const file = readFileSync(path)
  const headers = Number(file.readBigUInt64LE(0x28))
  const size = file.readUInt16LE(0x3a)
  const count = file.readUInt16LE(0x3c)
  let bytes = 0
  for (let at = headers; at < headers + size * count; at += size) {
    const isAllocated = (file.readBigUInt64LE(at + 8) & 2n) !== 0n
    if (isAllocated && file.readUInt32LE(at + 4) !== 8)
      bytes += Number(file.readBigUInt64LE(at + 0x20))
  }
  return bytes
}

// Of it the images for five architectures and PTX are three quarters.
const objects = join(root, 'build/CMakeFiles/gridmask_cuda.dir/native/cuda')
const image = statSync(join(root, 'build/cuda/fatbin.inc'), { throwIfNoEntry: false })
const withImage = process.platform === 'linux' && image ? test : test.skip

withImage(
  `all that CUDA adds to the binary is less than 350 kB${image ? '' : ' (skipped: no nvcc)'}`,
  () => {
    const sources = new Set(readdirSync(join(root, 'native/cuda')))
    const built = readdirSync(objects).filter((name) => sources.has(name.replace(/\.o$/, '')))
    expect(built).toContain('fatbin.cc.o')
    const sizes = built.map((name) => allocatedBytes(join(objects, name)))
    expect(sizes.reduce((sum, bytes) => sum + bytes)).toBeLessThan(350_000)
  },
)

test('there are as many images as in the list of kernels', () => {
  const list = readFileSync(join(root, 'native/cuda/kernel_list.h'), 'utf8')
  expect(list).toContain(`constexpr size_t kImages = ${images.length};`)
})
