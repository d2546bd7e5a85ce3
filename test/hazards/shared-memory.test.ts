// Memory that other threads see as well.
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { describe, expect, test } from '@jest/globals'
import { lengthOf } from '../oracle'
import { bytesOf, copyOf, expectBytes, scramble } from '../support'
import { batchFor, expectRefusal, methods, takers } from './methods'
import { describeNative, webAssemblyMemory } from './support'

const sizes = { count: 2, channels: 3, height: 9, width: 11 }
const cases = methods.flatMap((method) =>
  method.kinds.map((kind) => ({ name: `${method.name}, ${kind.name}`, method, kind })),
)

describe.each(cases)('$name: a SharedArrayBuffer', ({ method, kind: { View, ...kind } }) => {
  const batch = method.batch(sizes)
  const length = lengthOf(batch)
  const size = View.BYTES_PER_ELEMENT
  const request = method.request(batch, { View, ...kind })
  const offset = 5 * size
  const make = () => {
    const buffer = new SharedArrayBuffer(length * size + 64)
    const all = scramble(new Uint8Array(buffer))
    const images = new View(buffer, offset, length)
    const expected = method.expected(images, batch, { View, ...kind })
    const around = copyOf(all)
    around.set(bytesOf(expected), offset)
    return { buffer, images, all, around, expected }
  }

  test('is processed in place, and not detached', async () => {
    const { buffer, all, around, images } = make()
    const result = await method.replay(images, { ...request, out: images }, 2)
    expect(result.buffer).toBe(buffer)
    expect(result.byteOffset).toBe(offset)
    expectBytes(all, around)
  })

  if (method.takes) return
  test('gives a new array that is not shared', async () => {
    const { all, images, expected } = make()
    const before = copyOf(all)
    const result = await method.replay(images, request, 2)
    expectBytes(result, expected)
    expect(result.buffer).not.toBeInstanceOf(SharedArrayBuffer)
    expectBytes(all, before)
  })
})

describe.each(takers)('$name with shared memory on one side', (method) => {
  const { batch, length, request } = batchFor(method, sizes)
  const shared = () => scramble(new Uint8Array(new SharedArrayBuffer(length)))

  test('takes an out that is not shared', async () => {
    const images = shared()
    const expected = method.expected(images, batch)
    const out = new Uint8Array(length)
    const result = await method.replay(images, { ...request, out }, 2)
    expect([images.length, out.length]).toEqual([length, 0])
    expectBytes(result, expected)
  })

  test('takes images that are not shared', async () => {
    const out = shared()
    const images = scramble(new Uint8Array(length), 9)
    const expected = method.expected(images, batch)
    await method.replay(images, { ...request, out }, 2)
    expect(images.length).toBe(0)
    expectBytes(out, expected)
  })
})

// To JavaScript they are two buffers that have nothing to do with each other.
describeNative.each(methods)(
  '$name, two buffer objects that stand for the same memory',
  (method) => {
    const { batch, length, request } = batchFor(method, sizes)
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

    test.each(Object.entries(copies))('through %s', async (_, copy) => {
      const buffer = new SharedArrayBuffer(length + 100)
      const made = await copy(buffer)
      const [one, two] = (Array.isArray(made) ? made : [buffer, made]) as [
        SharedArrayBuffer,
        SharedArrayBuffer,
      ]
      expect(two).not.toBe(one)

      // Overlapping in part is refused.
      const images = scramble(new Uint8Array(one, 0, length))
      const all = new Uint8Array(two)
      const before = copyOf(all)
      for (const offset of [1, 64, length - 1].filter((at) => at + length <= two.byteLength)) {
        const out = new Uint8Array(two, offset, length)
        for (const [from, to] of [
          [images, out],
          [out, images],
        ] as const) {
          const call = () => method.replay(from, { ...request, out: to }, 2)
          await expectRefusal(method, call, 'ERR_OVERLAP')
        }
      }
      expectBytes(all, before)

      // The same bytes are worked on in place.
      const inside = scramble(new Uint8Array(one, 50, length))
      const expected = method.expected(inside, batch)
      const out = new Uint8Array(two, 50, length)
      const result = await method.replay(inside, { ...request, out }, 2)
      if (!method.takes) expect(result).toBe(out)
      expect(result.buffer).toBe(two)
      expectBytes(inside, expected)
    })
  },
)

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
