// Another CUDA library in the process, which shares memory and streams with tensors: here the driver
// itself, called from JavaScript by koffi. Neither side waits for the other.
import { expect, test } from '@jest/globals'
import koffi from 'koffi'
import { driverPath, expectSame, loadLibrary, onGpu } from './support'

const { DeviceTensor, GridMask } = loadLibrary()
const path = onGpu ? process.env.GRIDMASK_CUDA_DRIVER || 'libcuda.so.1' : driverPath

const shape = [4, 16, 32, 3] as const
const request = { shape, layout: 'NHWC', dtype: 'uint8' } as const
const bytes = 4 * 16 * 32 * 3
const gridmask = new GridMask({ ratio: 0.5, unit: [4, 9], rotate: 360, seed: 1, fill: 9 })
const LONG = 100

/** The calls of cuda.h by their symbols; handles and addresses are bigints. */
function openCuda() {
  const library = koffi.load(path)
  const declare = (symbol: string, parameters: string) => {
    const call = library.func(`int ${symbol}(${parameters})`)
    return (...args: unknown[]) => {
      const result = call(...args)
      if (result !== 0) throw new Error(`${symbol}: CUDA error ${result}`)
    }
  }
  /** The result of a call whose first parameter is a pointer to what it makes. */
  const made = (call: (...args: unknown[]) => void, ...args: unknown[]) => {
    const result = [0n]
    call(result, ...args)
    return BigInt(result[0] as bigint)
  }
  const retain = declare('cuDevicePrimaryCtxRetain', '_Out_ uint64_t *context, int device')
  const createStream = declare('cuStreamCreate', '_Out_ uint64_t *stream, unsigned int flags')
  const createEvent = declare('cuEventCreate', '_Out_ uint64_t *event, unsigned int flags')
  const alloc = declare('cuMemAlloc_v2', '_Out_ uint64_t *pointer, size_t bytes')
  const pop = declare('cuCtxPopCurrent_v2', '_Out_ uint64_t *context')
  return {
    init: declare('cuInit', 'unsigned int flags'),
    primaryContext: () => made(retain, 0),
    releaseContext: declare('cuDevicePrimaryCtxRelease_v2', 'int device'),
    pushContext: declare('cuCtxPushCurrent_v2', 'uint64_t context'),
    popContext: () => made(pop),
    newStream: () => made(createStream, 1), // CU_STREAM_NON_BLOCKING
    newEvent: () => made(createEvent, 2), // CU_EVENT_DISABLE_TIMING
    allocate: (size: number) => made(alloc, size),
    free: declare('cuMemFree_v2', 'uint64_t pointer'),
    fill: declare('cuMemsetD8Async', 'uint64_t to, uint8_t value, size_t bytes, uint64_t stream'),
    copy: declare(
      'cuMemcpyDtoDAsync_v2',
      'uint64_t to, uint64_t from, size_t bytes, uint64_t stream',
    ),
    copyToHost: declare(
      'cuMemcpyDtoHAsync_v2',
      'void *to, uint64_t from, size_t bytes, uint64_t stream',
    ),
    record: declare('cuEventRecord', 'uint64_t event, uint64_t stream'),
    waitFor: declare('cuStreamWaitEvent', 'uint64_t stream, uint64_t event, unsigned int flags'),
    synchronize: declare('cuStreamSynchronize', 'uint64_t stream'),
    destroyStream: declare('cuStreamDestroy_v2', 'uint64_t stream'),
    destroyEvent: declare('cuEventDestroy_v2', 'uint64_t event'),
  }
}

/** Holds a stream up, if possible, so that nothing is in order by chance. */
function stall(stream: bigint): void {
  if (!onGpu) require(driverPath).stall(stream, LONG)
}

test('their memory is masked, and a tensor is read by them', () => {
  DeviceTensor.from(new Uint8Array(bytes), request).dispose() // opens the driver
  const cuda = openCuda()
  cuda.init(0)
  const context = cuda.primaryContext()
  cuda.pushContext(context)
  const stream = cuda.newStream()
  const [madeIt, haveIt] = [cuda.newEvent(), cuda.newEvent()]
  const [memory, copy] = [cuda.allocate(bytes), cuda.allocate(bytes)]
  const host = Buffer.from(DeviceTensor.allocateHost(bytes))

  // Filled by them, masked here, on their stream, and read by them behind that.
  stall(stream)
  cuda.fill(memory, 7, bytes, stream)
  const theirs = DeviceTensor.wrap({ pointer: memory, ...request, stream })
  gridmask.apply(theirs, { index: 0, out: theirs })
  cuda.copyToHost(host, memory, bytes, stream)
  cuda.synchronize(stream)
  const cpu = new GridMask({
    ratio: 0.5,
    unit: [4, 9],
    rotate: 360,
    seed: 1,
    fill: 9,
    device: 'cpu',
  })
  const expected = cpu.apply(new Uint8Array(bytes).fill(7), { ...request, index: 0 })
  expectSame(host, expected)

  // A tensor of ours that they copy on their stream, behind what makes it, and before it is freed.
  const source = DeviceTensor.from(expected, request)
  stall(source.stream)
  const made = gridmask.apply(source, { index: 5 })
  cuda.record(madeIt, made.stream)
  cuda.waitFor(stream, madeIt, 0)
  cuda.copy(copy, made.pointer, bytes, stream)
  cuda.record(haveIt, stream)
  cuda.waitFor(made.stream, haveIt, 0)
  made.dispose()
  source.dispose()
  cuda.copyToHost(host, copy, bytes, stream)
  cuda.synchronize(stream)
  expectSame(host, cpu.apply(expected, { ...request, index: 5 }))

  // A tensor on their stream from the beginning needs no events.
  const shared = DeviceTensor.from(expected, { ...request, stream })
  stall(stream)
  const next = gridmask.apply(shared, { index: 9 })
  cuda.copy(copy, next.pointer, bytes, stream)
  cuda.copyToHost(host, copy, bytes, stream)
  next.dispose()
  shared.dispose()
  cuda.synchronize(stream)
  expectSame(host, cpu.apply(expected, { ...request, index: 9 }))

  theirs.dispose()
  for (const pointer of [memory, copy]) cuda.free(pointer)
  for (const event of [madeIt, haveIt]) cuda.destroyEvent(event)
  cuda.destroyStream(stream)
  expect(cuda.popContext()).toBe(context)
  cuda.releaseContext(0)
})
