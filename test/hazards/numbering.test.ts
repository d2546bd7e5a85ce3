// An instance numbers the samples that it has seen: those of calls that succeeded, and no others. A call
// that fails and is repeated gets the same masks.
import { describe, expect, test } from '@jest/globals'
import { lengthOf } from '../oracle'
import { expectBytes, scramble } from '../support'
import {
  type AnyArray,
  batchFor,
  expectRefusal,
  type Instance,
  type Method,
  methods,
  synchronous,
  takers,
} from './methods'
import { testNative } from './support'

type WithInstance = Method & Required<Pick<Method, 'instance'>>
const withInstances = methods.filter((method): method is WithInstance => 'instance' in method)

const sizes = { count: 2, channels: 3, height: 16, width: 16 }

describe.each(withInstances)('$name', (method) => {
  const { length, request } = batchFor(method, sizes)
  const sampleAfter = (count: number) => {
    const fresh = method.instance()
    for (let i = 0; i < count; i++) fresh.next()
    return fresh.next()
  }
  const expectNext = (instance: Instance, count: number) =>
    expect(instance.next()).toEqual(sampleAfter(count))

  test('counts the samples of its calls', async () => {
    expect(sampleAfter(1)).not.toEqual(sampleAfter(0))
    const instance = method.instance()
    await instance.call(new Uint8Array(length), request)
    await instance.call(new Uint8Array(length), request)
    expectNext(instance, 4)
  })

  test('counts those of a batch whose images have no pixels', async () => {
    const instance = method.instance()
    const empty = method.batch({ ...sizes, count: 5, height: 0 })
    await instance.call(new Uint8Array(0), method.request(empty))
    expectNext(instance, 5)
  })

  test('counts none of a call that it refuses', async () => {
    const instance = method.instance()
    const call = () => instance.call(new Uint8Array(length - 1), request)
    await expectRefusal(method, call, 'ERR_SHAPE_MISMATCH')
    expectNext(instance, 0)
  })

  testNative(
    'counts none where out overlaps the images through another buffer object',
    async () => {
      const buffer = new SharedArrayBuffer(length + 100)
      const images = new Uint8Array(buffer, 0, length)
      const out = new Uint8Array(structuredClone(buffer), 10, length)
      const instance = method.instance()
      const call = () => instance.call(images, { ...request, out })
      await expectRefusal(method, call, 'ERR_OVERLAP')
      expectNext(instance, 0)
    },
  )

  test("counts none, and writes nothing, where the schedule throws the caller's error", async () => {
    const failure = new Error('the schedule failed')
    let fails = true
    const probability = () => {
      if (fails) throw failure
      return 1
    }
    const instance = method.instance({ probability })
    const images = scramble(new Uint8Array(length))
    const before = images.slice()
    const call = () => instance.call(images, { ...request, out: images })
    if (method.takes) await expect(call()).rejects.toBe(failure)
    else expect(call).toThrow(failure)
    expectBytes(images, before)
    fails = false
    const fresh = method.instance({ probability })
    expect(instance.next()).toEqual(fresh.next())
  })
})

describe.each(takers)('$name', (method) => {
  test('numbers samples in the order of the calls', async () => {
    const batch = method.batch(sizes)
    const request = method.request(batch)
    const [one, other] = [method, synchronous(method)].map((each) => each.instance?.()) as [
      Instance,
      Instance,
    ]
    const images = (i: number) => scramble(new Uint8Array(lengthOf(batch)), i)
    const pending = Array.from({ length: 30 }, (_, i) => one.call(images(i), request))
    for (const [i, result] of pending.entries()) {
      const expected = other.call(images(i), { ...request, index: 2 * i }) as AnyArray
      expectBytes(await result, expected)
    }
  })
})
