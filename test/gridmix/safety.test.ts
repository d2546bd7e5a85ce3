// Memory that goes away, overlaps, or is shared, while GridMix works on it.
import { describe, expect, test } from '@jest/globals'
import { GridMask, type GridMixRequest, gridmix } from '../../lib/index'
import {
  bytesOf,
  code,
  detach,
  expectBytes,
  growableBuffer,
  kinds,
  resizableBuffer,
  scramble,
} from '../safety/support'

const shape = [2, 3, 11, 13] as const
const length = 2 * 3 * 11 * 13
const plan = [
  { d: 5, ratio: 0.6, deltaX: 1, deltaY: 3, angle: 30 },
  { d: 7, ratio: 0.4, angle: 80 },
]
const gridmask = new GridMask({ ratio: 0.5, unit: 4 })
const request = { shape, plan, partner: [1, 0] }
const mixed = <T extends Uint8Array>(images: T) => gridmix(images, request).images

describe.each(kinds)('$name', ({ View, dtype }) => {
  const size = View.BYTES_PER_ELEMENT
  const setUp = (imagesAt: number, outAt: number) => {
    const all = scramble(new Uint8Array(3 * length * size))
    const images = new View(all.buffer, imagesAt * size, length)
    const out = new View(all.buffer, outAt * size, length)
    const expected = bytesOf(gridmix(images, { ...request, dtype }).images)
    return { all, before: all.slice(), images, out, expected }
  }

  test.each([1, 2, 16, length / 2, length - 1])(
    'out %i elements off the images is refused',
    async (off) => {
      for (const outAt of [length + off, length - off]) {
        const { all, before, images, out } = setUp(length, outAt)
        const given = { ...request, dtype, out }
        expect(() => gridmix(images, given)).toThrow(code('ERR_OVERLAP'))
        expect(() => gridmask.gridmix(images, given)).toThrow(code('ERR_OVERLAP'))
        await expect(gridmask.gridmixAsync(images, given)).rejects.toThrow(code('ERR_OVERLAP'))
        expectBytes(all, before)
      }
    },
  )

  test.each([
    ['the same elements', length, length],
    ['the elements before', length, 0],
    ['the elements behind', length, 2 * length],
  ])('out that is %s is written, and nothing else', async (_, imagesAt, outAt) => {
    const { all, before, images, out, expected } = setUp(imagesAt, outAt)
    const around = before.slice()
    around.set(expected, outAt * size)
    const given = { ...request, dtype, out }
    expect(gridmix(images, given).images).toBe(out)
    expectBytes(all, around)
    all.set(before)
    const result = await gridmask.gridmixAsync(images, given)
    expect(all.length).toBe(0)
    expect([result.images.byteOffset, result.images.length]).toEqual([outAt * size, length])
    expectBytes(new Uint8Array(result.images.buffer), around)
  })
})

describe('arrays that are lost', () => {
  const onRead =
    <K extends keyof GridMixRequest>(key: K, value: GridMixRequest[K]) =>
    (act: () => void) => ({
      get [key]() {
        act()
        return value
      },
    })
  const actingList = (list: number[]) => (act: () => void) =>
    Object.defineProperty([...list], 1, {
      get() {
        act()
        return list[1]
      },
    })
  const moments: Record<string, (act: () => void) => object> = {
    'the getter of partner': onRead('partner', [1, 0]),
    'the getter of a partner': (act) => ({ partner: actingList([1, 0])(act) }),
    'the getter of plan': onRead('plan', plan),
    'the getter of dtype': onRead('dtype', 'uint8'),
    'the getter of layout': onRead('layout', 'NCHW'),
  }
  const losses = {
    detached: {
      make: () => new Uint8Array(length),
      lose: (array: Uint8Array) => detach(array.buffer),
      expected: 'ERR_BUFFER_DETACHED',
    },
    shrunk: {
      make: () => new Uint8Array(resizableBuffer(length, length)),
      lose: (array: Uint8Array) => (array.buffer as ReturnType<typeof resizableBuffer>).resize(10),
      expected: 'ERR_SHAPE_MISMATCH',
    },
  } as const

  describe.each(Object.entries(moments))('in %s', (_, moment) => {
    for (const [name, { make, lose, expected }] of Object.entries(losses)) {
      const attempt = (lost: 'images' | 'out', function_: boolean) => {
        const images = scramble(lost === 'images' ? make() : new Uint8Array(length))
        const out = scramble(lost === 'out' ? make() : new Uint8Array(length), 2)
        let done = false
        const act = () => {
          if (!done) lose(lost === 'images' ? images : out)
          done = true
        }
        const other = lost === 'images' ? out : images
        const given: GridMixRequest = Object.defineProperties(
          { shape, out, ...(function_ ? { plan } : {}) },
          Object.getOwnPropertyDescriptors(moment(act)),
        )
        return { images, other, before: bytesOf(other), given }
      }

      test.each(['images', 'out'] as const)(`${name} %s are refused`, async (lost) => {
        const first = attempt(lost, true)
        expect(() => gridmix(first.images, first.given as never)).toThrow(code(expected))
        expectBytes(first.other, first.before)
        const second = attempt(lost, false)
        expect(() => gridmask.gridmix(second.images, second.given)).toThrow(code(expected))
        expectBytes(second.other, second.before)
        const third = attempt(lost, false)
        await expect(gridmask.gridmixAsync(third.images, third.given)).rejects.toThrow(
          code(expected),
        )
        expectBytes(third.other, third.before)
      })
    }
  })

  test('gridmixAsync takes its array, and nobody else can use it', async () => {
    const images = scramble(new Uint8Array(length))
    const expected = mixed(images)
    const pending = gridmask.gridmixAsync(images, request)
    expect(images.length).toBe(0)
    expect(() => gridmix(images, request)).toThrow(code('ERR_BUFFER_DETACHED'))
    await expect(gridmask.gridmixAsync(images, request)).rejects.toThrow(
      code('ERR_BUFFER_DETACHED'),
    )
    expectBytes((await pending).images, expected)
  })

  test('gridmixAsync refuses what can be resized, and works on what is shared', async () => {
    const resizable = scramble(new Uint8Array(resizableBuffer(length, 2 * length)))
    const expected = mixed(resizable)
    await expect(gridmask.gridmixAsync(resizable, request)).rejects.toThrow(
      code('ERR_BUFFER_RESIZABLE'),
    )
    expectBytes(gridmix(resizable, { ...request, out: resizable }).images, expected)

    const buffer = growableBuffer(length, 2 * length)
    const shared = scramble(new Uint8Array(buffer))
    const pending = gridmask.gridmixAsync(shared, request)
    buffer.grow(2 * length)
    const result = await pending
    expect(result.images.buffer).toBe(buffer)
    expectBytes(result.images, expected)
  })
})

test('a getter may mix the same images in between', () => {
  const images = scramble(new Uint8Array(length))
  const other = { ...request, plan: [...plan].reverse() }
  const once = gridmix(images, other).images
  const expected = gridmix(once, request).images
  let depth = 0
  const given = {
    shape,
    out: images,
    partner: [1, 0],
    get plan() {
      if (depth++ === 0) gridmix(images, { ...other, out: images })
      return plan
    },
  }
  gridmask.gridmix(images, given)
  expectBytes(images, expected)
})

test('several at a time, on several threads', async () => {
  const many = Array.from({ length: 20 }, (_, i) => scramble(new Uint8Array(length), i))
  const expected = many.map((images) => mixed(images))
  const pending = many.map((images) => gridmask.gridmixAsync(images, request))
  for (const [i, result] of pending.entries()) {
    expectBytes((await result).images, expected[i] as Uint8Array)
  }
})
