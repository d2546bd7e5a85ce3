// Memory that other threads see as well.
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { describe, expect, test } from '@jest/globals'
import { applyPlan, GridMask } from '../../lib/index'
import {
  bytesOf,
  code,
  expectBytes,
  kinds,
  maskedBits,
  params,
  scramble,
  webAssemblyMemory,
} from './support'

const shape = [2, 3, 9, 11] as const
const length = 2 * 3 * 9 * 11
const plan = [params, { ...params, angle: 77 }]
const gridmask = new GridMask({ ratio: 0.5, unit: 4 })

describe.each(kinds)('a SharedArrayBuffer under a $name', ({ View, Bits, dtype }) => {
  const size = View.BYTES_PER_ELEMENT
  const make = (offset: number) => {
    const buffer = new SharedArrayBuffer(length * size + 64)
    const all = scramble(new Uint8Array(buffer))
    const expected = maskedBits(new Bits(buffer, offset, length), shape, plan)
    const around = bytesOf(all)
    around.set(bytesOf(expected), offset)
    return { buffer, images: new View(buffer, offset, length), all, around, expected }
  }
  const offset = 5 * size

  test('gives a new array that is not shared', () => {
    const { all, images, expected } = make(offset)
    const before = bytesOf(all)
    const result = applyPlan(images, plan, { shape, dtype })
    expectBytes(result, expected)
    expect(result.buffer).not.toBeInstanceOf(SharedArrayBuffer)
    expectBytes(all, before)
  })

  test('is masked in place', () => {
    const { all, around, images } = make(offset)
    applyPlan(images, plan, { shape, dtype, out: images })
    expectBytes(all, around)
  })

  test('is masked in place by applyAsync, without being detached', async () => {
    const { buffer, images, expected } = make(offset)
    const result = await gridmask.applyAsync(images, { shape, dtype, plan })
    expect(result.buffer).toBe(buffer)
    expect(result.byteOffset).toBe(offset)
    expectBytes(images, expected)
  })
})

describe('applyAsync with shared memory on one side', () => {
  const shared = () => scramble(new Uint8Array(new SharedArrayBuffer(length)))

  test('takes an out that is not shared', async () => {
    const images = shared()
    const expected = maskedBits(bytesOf(images), shape, plan)
    const out = new Uint8Array(length)
    const result = await gridmask.applyAsync(images, { shape, plan, out })
    expect([images.length, out.length]).toEqual([length, 0])
    expect(result).toEqual(expected)
  })

  test('takes images that are not shared', async () => {
    const out = shared()
    const images = scramble(new Uint8Array(length), 9)
    const expected = maskedBits(images, shape, plan)
    await gridmask.applyAsync(images, { shape, plan, out })
    expect(images.length).toBe(0)
    expectBytes(out, expected)
  })
})

// To JavaScript they are two buffers that have nothing to do with each other.
describe('two SharedArrayBuffers that stand for the same memory', () => {
  const copies = {
    structuredClone: (buffer: SharedArrayBuffer) => structuredClone(buffer),
    'a message': (buffer: SharedArrayBuffer) => {
      const { port1, port2 } = new MessageChannel()
      port1.postMessage(buffer)
      const { message } = receiveMessageOnPort(port2) as { message: SharedArrayBuffer }
      port1.close()
      return message
    },
    'a worker': (buffer: SharedArrayBuffer) => viaWorker(buffer),
    'WebAssembly memory that grew': () => {
      const memory = webAssemblyMemory(true)
      const first = memory.buffer
      memory.grow(1)
      return [first, memory.buffer]
    },
  }
  const pairs = Object.entries(copies)

  const pairOf = async (copy: (typeof copies)[keyof typeof copies]) => {
    const buffer = new SharedArrayBuffer(length + 100)
    const made = await copy(buffer)
    return (Array.isArray(made) ? made : [buffer, made]) as [SharedArrayBuffer, SharedArrayBuffer]
  }

  test.each(pairs)('through %s: overlapping in part is refused', async (_, copy) => {
    const [one, two] = await pairOf(copy)
    expect(two).not.toBe(one)
    const images = scramble(new Uint8Array(one, 0, length))
    const all = new Uint8Array(two)
    const before = bytesOf(all)
    for (const offset of [1, 64, length - 1].filter((at) => at + length <= two.byteLength)) {
      const out = new Uint8Array(two, offset, length)
      expect(() => applyPlan(images, plan, { shape, out })).toThrow(code('ERR_OVERLAP'))
      expect(() => applyPlan(out, plan, { shape, out: images })).toThrow(code('ERR_OVERLAP'))
      await expect(gridmask.applyAsync(images, { shape, plan, out })).rejects.toThrow(
        code('ERR_OVERLAP'),
      )
    }
    expectBytes(all, before)
  })

  test.each(pairs)('through %s: the same bytes are masked in place', async (_, copy) => {
    const [one, two] = await pairOf(copy)
    const images = scramble(new Uint8Array(one, 50, length))
    const expected = maskedBits(bytesOf(images), shape, plan)
    const out = new Uint8Array(two, 50, length)
    expect(applyPlan(images, plan, { shape, out })).toBe(out)
    expectBytes(images, expected)
  })

  test('a refused applyAsync does not number the samples', async () => {
    const buffer = new SharedArrayBuffer(length + 100)
    const images = new Uint8Array(buffer, 0, length)
    const out = new Uint8Array(structuredClone(buffer), 10, length)
    const fresh = new GridMask({ ratio: 0.5, unit: [4, 400] })
    const first = [...new GridMask({ ratio: 0.5, unit: [4, 400] }).plan({ count: 1 })]
    await expect(fresh.applyAsync(images, { shape, out })).rejects.toThrow(code('ERR_OVERLAP'))
    expect([...fresh.plan({ count: 1 })]).toEqual(first)
  })
})

function viaWorker(buffer: SharedArrayBuffer): Promise<SharedArrayBuffer> {
  const echo = `
    const { parentPort, workerData } = require('node:worker_threads')
    parentPort.postMessage(workerData)`
  return new Promise((resolve, reject) => {
    const worker = new Worker(echo, { eval: true, workerData: buffer })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
