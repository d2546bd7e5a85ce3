/**
 * Every function that makes one batch of another, as the tests of this folder see it: what one of them
 * is held off from, all are. A new one gets a row here, and with it every hazard.
 */
import { expect } from '@jest/globals'
import { Cutout, HideAndSeek, RandomErasing, type RegionParams } from '../../lib/baselines'
import {
  applyPlan,
  type ErrorCode,
  GridMask,
  gridmix,
  type ImageArray,
  ignoreDropped,
  type LabelArray,
  type Layout,
  type SampleParams,
} from '../../lib/index'
import { keptByRectangles } from '../baselines/support'
import { mixedByDefinition } from '../gridmix/support'
import { type Batch, type Bits, keptByLattices, lengthOf, oracle, shapeOf } from '../oracle'
import { type Any, type ArrayKind, code, encode, type Kind, kinds, labelKinds } from '../support'

export type AnyArray = ImageArray | LabelArray
export type AnyKind = ArrayKind<AnyArray> & Partial<Pick<Kind, 'dtype'>>
export type Result = AnyArray | Promise<AnyArray>

export interface Method {
  readonly name: string
  /** Takes its arrays at once and works on them later; the others are done when they return. */
  readonly takes: boolean
  readonly kinds: readonly AnyKind[]
  readonly layouts: readonly Layout[]
  /** The batch, if the method supports fewer kinds than there are: labels have one channel. */
  batch(batch: Batch): Batch
  /** What the request says of such a batch. */
  request(batch: Batch, kind?: AnyKind): { shape: readonly number[] }
  /** Calls it. What it can draw, it draws; the plan of those that cannot is for two samples. */
  draw(images: AnyArray, request: object, given?: Given): Result
  /** Calls it with a plan of so many samples, of which there are several. */
  replay(images: AnyArray, request: object, count: number, variant?: number): Result
  /** What it must make of a batch with that plan. */
  expected(images: AnyArray, batch: Batch, kind?: AnyKind, variant?: number): Bits
  /** A new instance, for methods that belong to one. */
  instance?(options?: object): Instance
  /** Moments during `draw` of two samples at which code of the caller's runs: `act` is it. */
  readonly moments: Record<string, (act: () => void) => Given>
}

/** What a call is given over what `draw` gives it. */
export interface Given {
  /** Of the instance. */
  options?: object
  request?: object
}

/** What a method makes of a batch of these sizes, how many elements it has, and what is asked for it. */
export function batchFor(method: Method, sizes: Batch) {
  const batch = method.batch(sizes)
  return { batch, length: lengthOf(batch), request: method.request(batch) }
}

export interface Instance {
  call(images: AnyArray, request: object): Result
  /** The parameters of the sample that comes next. */
  next(): unknown
}

/** What a dropped pixel becomes, if it does not become another's. */
export const FILL = 1

/** Drops about a sixth of any image, at an angle, so that no row is like the next. */
export const params: SampleParams = { d: 5, ratio: 0.6, deltaX: 1, deltaY: 3, angle: 30 }

/** Small units go by mask words, large ones by runs, and of some half the units drop nothing. */
const lattices = (count: number, variant = 0): SampleParams[] =>
  Array.from({ length: count }, (_, i) => ({
    ...params,
    ...[{}, { d: 7, unitProbability: 0.5 }, { d: 60 }][i % 3],
    angle: 30 + 47 * i + 15 * variant,
  }))

const rectangles = (count: number, variant = 0): RegionParams[] =>
  Array.from({ length: count }, (_, i) => ({
    regions: [
      [0, 0, 1, 1],
      [4 + (i % 4), 3, 9 + (variant % 5), 30],
      [2, 5 - (variant % 5), 3, 7],
    ],
  }))

const partners = (count: number) => Array.from({ length: count }, (_, i) => (i + 1) % count)

const bytes = kinds.find(({ dtype }) => dtype === 'uint8') as AnyKind
function fillOf({ dtype, View }: AnyKind): number | bigint {
  if (dtype !== undefined) return encode(dtype, FILL)
  return View.BYTES_PER_ELEMENT === 8 ? BigInt(FILL) : FILL
}

/** Both, with their getters, and of another realm if one of them is. */
export function merged(one: object, other: object = {}): Any {
  const foreign = [one, other]
    .map((object) => Object.getPrototypeOf(object))
    .find((prototype) => prototype !== Object.prototype)
  return Object.defineProperties(Object.create(foreign ?? Object.prototype), {
    ...Object.getOwnPropertyDescriptors(one),
    ...Object.getOwnPropertyDescriptors(other),
  })
}

/** A copy of a list or an object, to read one property of which is to act. */
export function acting<T extends object>(value: T, key: PropertyKey, act: () => void): T {
  const copy = Array.isArray(value) ? ([...value] as T) : merged(value)
  const read = Reflect.get(value, key)
  return Object.defineProperty(copy, key, {
    enumerable: true,
    get() {
      act()
      return read
    },
  })
}

const images = {
  kinds,
  layouts: ['NCHW', 'NHWC'],
  batch: (batch: Batch) => batch,
  request: (batch: Batch, kind: AnyKind = bytes) => ({
    shape: shapeOf(batch),
    layout: batch.layout ?? 'NCHW',
    dtype: kind.dtype,
  }),
} as const
const labels: Pick<Method, keyof typeof images> = {
  kinds: labelKinds,
  layouts: ['NCHW'],
  batch: (batch) => ({ ...batch, channels: 1, layout: 'NCHW' }),
  request: ({ count, height, width }) => ({ shape: [count, height, width] }),
}

type Planned = (count: number, variant: number) => { plan: object[]; partner?: number[] }

interface Operation {
  planned: Planned
  expected: Method['expected']
}

const mask: Operation = {
  planned: (count, variant) => ({ plan: lattices(count, variant) }),
  expected: (array, batch, kind = bytes, variant = 0) =>
    oracle(array, batch, keptByLattices(lattices(batch.count, variant), batch), () => fillOf(kind)),
}
const erase: Operation = {
  planned: (count, variant) => ({ plan: rectangles(count, variant) }),
  expected: (array, batch, kind = bytes, variant = 0) =>
    oracle(array, batch, keptByRectangles(rectangles(batch.count, variant)), () => fillOf(kind)),
}
const mix: Operation = {
  planned: (count, variant) => ({ plan: lattices(count, variant), partner: partners(count) }),
  expected(array, batch, _, variant = 0) {
    const plan = lattices(batch.count, variant)
    return mixedByDefinition(array as ImageArray, batch, plan, partners(batch.count)).bits
  },
}

/** The batch to which the moments belong. */
export const momentBatch: Batch = { count: 2, channels: 3, height: 16, width: 16 }

type Moments = Method['moments']

/** When a request's properties are read, and what is in those that are lists. */
function readsOf(request: object): Moments {
  const moments: Moments = {}
  for (const [key, value] of Object.entries(request)) {
    moments[`the getter of ${key}`] = (act) => ({ request: acting({ [key]: value }, key, act) })
    if (!Array.isArray(value)) continue
    const element = value[0]
    moments[`a getter in ${key}`] = (act) => {
      const list = acting(value, 0, act)
      const objects = () => [acting({ seed: 0, ...element }, 'seed', act), ...value.slice(1)]
      return { request: { [key]: typeof element === 'object' ? objects() : list } }
    }
  }
  return moments
}

/** When functions among an instance's settings are called. */
function callsOf(functions: Record<string, unknown>): Moments {
  const moments: Moments = {}
  for (const [key, value] of Object.entries(functions)) {
    moments[`the function ${key}`] = (act) => ({
      options: {
        [key]() {
          act()
          return value
        },
      },
    })
  }
  return moments
}

/** A method of instances, which draws. */
function ofInstances(
  make: (options: Any) => Any,
  call: string,
  { planned, expected }: Operation,
  functions: Record<string, unknown>,
): Method {
  const instance = (options: object = {}): Instance => {
    const made = make({ fill: FILL, ...options })
    return {
      call: (array, request) => resultOf(made[call](array, request)),
      next: () => made.plan({ count: 1, height: 16, width: 16 }).at(0),
    }
  }
  const draws = { epoch: 1, index: 1, indices: [1, 2] }
  return {
    ...images,
    name: `${make({}).constructor.name}.${call}`,
    takes: call.endsWith('Async'),
    expected,
    instance,
    draw: (array, request, { options, request: more } = {}) =>
      instance(options).call(array, merged(request, more)),
    replay: (array, request, count, variant = 0) =>
      instance().call(array, merged(request, planned(count, variant))),
    moments: {
      ...callsOf(functions),
      ...readsOf({ ...images.request(momentBatch), ...draws, ...planned(2, 0) }),
    },
  }
}

interface PlannedFunction {
  name: string
  call: (array: Any, request: Any, plan: Any) => Any
  operation: Operation
  /** What it reads from its request besides what arrays need. */
  reads: object
  arrays?: Pick<Method, keyof typeof images>
  /** Its plan is an argument, no property of the request. */
  planApart: boolean
}

/** A function, which is given its plan. */
function ofFunction({
  name,
  call,
  operation,
  reads,
  arrays = images,
  planApart,
}: PlannedFunction): Method {
  const { planned, expected } = operation
  const draw: Method['draw'] = (array, request, { request: more } = {}) => {
    const given = merged(merged(planned(2, 0), request), more)
    if (!planApart) return resultOf(call(array, given, undefined))
    const { plan } = given
    delete given.plan
    return resultOf(call(array, given, plan))
  }
  const moments = readsOf({
    ...arrays.request(arrays.batch(momentBatch)),
    ...reads,
    ...planned(2, 0),
  })
  if (planApart) delete moments['the getter of plan']
  return {
    ...arrays,
    name,
    takes: false,
    expected,
    draw,
    replay: (array, request, count, variant = 0) =>
      draw(array, request, { request: planned(count, variant) }),
    moments,
  }
}

function resultOf(result: Any): Result {
  if (result instanceof Promise) return result.then(resultOf) as Promise<AnyArray>
  return result?.partner === undefined ? result : result.images
}

const gridmask = (options: Any) => new GridMask({ ratio: 0.5, unit: 4, ...options })
const baselines = [Cutout, RandomErasing, HideAndSeek].map(
  (Baseline) => (options: Any) => new Baseline(options),
)
const functions = { probability: 1, unit: 4 }

export const methods: readonly Method[] = [
  ...['apply', 'applyAsync'].map((call) => ofInstances(gridmask, call, mask, functions)),
  ...['gridmix', 'gridmixAsync'].map((call) => ofInstances(gridmask, call, mix, functions)),
  ...baselines.flatMap((make) =>
    ['apply', 'applyAsync'].map((call) => ofInstances(make, call, erase, { probability: 1 })),
  ),
  ofFunction({
    name: 'applyPlan',
    call: (array, request, plan) => applyPlan(array, plan, merged({ fill: FILL }, request)),
    operation: mask,
    reads: { fill: FILL, device: 'cpu' },
    planApart: true,
  }),
  ofFunction({
    name: 'gridmix',
    call: gridmix,
    operation: mix,
    reads: { device: 'cpu' },
    planApart: false,
  }),
  ofFunction({
    name: 'ignoreDropped',
    call: (array, request, plan) => ignoreDropped(array, plan, merged({ label: FILL }, request)),
    operation: mask,
    reads: { label: FILL },
    arrays: labels,
    planApart: true,
  }),
]
export const takers = methods.filter(({ takes }) => takes)

/** The method that does the same at once. */
export function synchronous(taker: Method): Method {
  return methods.find(({ name }) => `${name}Async` === taker.name) as Method
}

/** Expects the method to refuse: to throw or, if it takes arrays, to reject and not to throw. */
export async function expectRefusal(
  { takes }: Method,
  call: () => unknown,
  expected: ErrorCode,
): Promise<void> {
  if (takes) await expect(call()).rejects.toThrow(code(expected))
  else expect(call).toThrow(code(expected))
}
