// Whether there is CUDA, and what the messages say if there is none.
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import { thrownBy } from '../support'
import { driverPath, freshDriver, loadLibrary, loadOn, onGpu, onTestDriver, root } from './support'

const images = new Float32Array(16)
const request = { shape: [1, 1, 4, 4] } as const

test('the driver of these tests can be used', () => {
  const { cudaStatus, devices } = loadLibrary()
  expect(cudaStatus()).toEqual({
    available: true,
    message: expect.stringMatching(/^cuda:0 is .*, compute capability \d+\.\d$/),
    driverVersion: expect.stringMatching(/^\d+\.\d$/),
  })
  const [cpu, gpu] = devices()
  expect(cpu.id).toBe('cpu')
  expect(gpu).toEqual({
    id: 'cuda:0',
    name: expect.any(String),
    computeCapability: expect.stringMatching(/^\d+\.\d$/),
    totalMemory: expect.any(Number),
    multiprocessors: expect.any(Number),
  })
})

describe('without CUDA', () => {
  const cases = {
    'no-driver': [() => loadOn('/no/such/library.so'), /No NVIDIA driver could be loaded .*such/],
    'driver-too-old': [
      () => {
        const fresh = freshDriver({ version: 11040 })
        fresh.driver.fail('cuModuleLoadData', 1, 222, 1e9, false)
        return fresh.library
      },
      /driver \(11\.4\) is too old .*UNSUPPORTED_PTX_VERSION/,
    ],
    'no-device': [() => freshDriver({ devices: 0 }).library, /finds no GPU .*NO_DEVICE/],
    'unsupported-gpu': [
      () => {
        const fresh = freshDriver({ major: 3, minor: 5 })
        fresh.driver.fail('cuModuleLoadData', 1, 209, 1e9, false)
        return fresh.library
      },
      /no kernels for the GPU \(Test device 0, compute capability 3\.5\)/,
    ],
    'driver-mismatch': [
      () => {
        const fresh = freshDriver({ devices: 0 })
        fresh.driver.configure({ devices: 1 })
        fresh.driver.fail('cuInit', 1, 803, 1e9, false)
        return fresh.library
      },
      /does not match the running kernel module/,
    ],
  } as const

  onTestDriver.each(Object.entries(cases))(
    '%s: said, thrown, and the CPU works',
    (reason, given) => {
      const [load, message] = given
      const { cudaStatus, devices, DeviceTensor, GridMask } = load()
      expect(cudaStatus()).toMatchObject({
        available: false,
        reason,
        message: expect.stringMatching(message),
      })
      expect(devices()[0].id).toBe('cpu')
      const error = { code: 'ERR_CUDA_UNAVAILABLE', message: expect.stringContaining(reason) }
      const options = { ratio: 0.5, unit: 2 }
      expect(thrownBy(() => new GridMask({ ...options, device: 'cuda' }))).toMatchObject(error)
      expect(thrownBy(() => new GridMask({ ...options, device: 'cuda:0' }))).toMatchObject(error)
      expect(thrownBy(() => DeviceTensor.from(images, request))).toMatchObject(error)
      expect(new GridMask({ ...options, device: 'auto' }).apply(images, request).length).toBe(16)
    },
  )

  onTestDriver('a library that is no driver', () => {
    // The addon's own file: loaded for certain, and without the driver's functions.
    const { cudaStatus } = loadOn(`${root}/build/Release/gridmask.node`)
    expect(cudaStatus()).toMatchObject({ available: false, reason: 'driver-too-old' })
  })

  onTestDriver('what was missing may come later', () => {
    const { driver, library } = freshDriver({ devices: 0 })
    expect(library.cudaStatus().reason).toBe('no-device')
    driver.configure({ devices: 1 })
    expect(library.cudaStatus().available).toBe(true)
  })
})

test('a device that does not exist', () => {
  const { GridMask } = loadLibrary()
  const make = (device: string) => () =>
    new GridMask({ ratio: 0.5, unit: 2, device: device as 'cuda' })
  expect(thrownBy(make('cuda:64'))).toMatchObject({
    code: 'ERR_CUDA_UNAVAILABLE',
    message: expect.stringMatching(/^Device 'cuda:64': no-device\. There is /),
  })
  expect(thrownBy(make('cuda:x'))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
})

// A driver that ends the process when it is loaded would show any earlier touch, but a path that
// does not exist shows it as well: by what cudaStatus() says later.
onTestDriver('nothing touches CUDA before it is asked for', () => {
  const { driver, path } = freshDriver()
  const code = `
    const { GridMask } = require(${JSON.stringify(root)})
    const driver = require(${JSON.stringify(path)})
    const gridmask = new GridMask({ ratio: 0.5, unit: 2 })
    gridmask.apply(new Float32Array(16), { shape: [1, 1, 4, 4] })
    gridmask.plan({ count: 2 })
    console.log(driver.log().length)`
  const env = { ...process.env, GRIDMASK_CUDA_DRIVER: path }
  const output = execFileSync(process.execPath, ['-e', code], { env, encoding: 'utf8' })
  expect(output).toBe('0\n')
  expect(driver.live().contexts).toBe(0)
})

onTestDriver('a profiler sees the calls', () => {
  const { path } = freshDriver()
  const code = `
    const { DeviceTensor, GridMask } = require(${JSON.stringify(root)})
    const gridmask = new GridMask({ ratio: 0.5, unit: 2 })
    const tensor = DeviceTensor.from(new Float32Array(16), { shape: [1, 1, 4, 4] })
    gridmask.apply(tensor, { out: tensor })
    gridmask.gridmix(tensor)
    tensor.download()
    console.log(JSON.stringify(require(${JSON.stringify(path)}).ranges()))`
  const ranges = (injected: string) => {
    const env = { ...process.env, GRIDMASK_CUDA_DRIVER: path, NVTX_INJECTION64_PATH: injected }
    return JSON.parse(execFileSync(process.execPath, ['-e', code], { env, encoding: 'utf8' }))
  }
  const names = ['upload', 'apply', 'gridmix', 'download']
  expect(ranges(path)).toEqual(names.flatMap((name) => [`gridmask.${name}`, '']))
  expect(ranges('')).toEqual([])
  expect(ranges('/no/such/library.so')).toEqual([])
})

if (onGpu) {
  test('the suites run on the driver that was asked for', () => {
    expect(process.env.GRIDMASK_CUDA_DRIVER ?? '').not.toMatch('cuda_test_driver')
  })
}

onTestDriver(
  'no driver is asked for anything before a program names a device or asks for them',
  () => {
    const script = `
    const { applyPlan, GridMask, gridmix, presets } = require(${JSON.stringify(root)})
    const shape = [64, 3, 64, 64]
    const images = new Float32Array(64 * 3 * 64 * 64)
    for (const device of [undefined, 'auto', 'cpu']) {
      const gridmask = new GridMask({ ...presets.imagenet, probability: 1, device })
      for (let i = 0; i < 10; i++) gridmask.apply(images, { shape })
      gridmask.gridmix(images, { shape })
      const plan = gridmask.plan({ count: 64 })
      applyPlan(images, plan, { shape, device })
      gridmix(images, { shape, plan, device })
    }
    const driver = require(process.env.GRIDMASK_CUDA_DRIVER)
    console.log(driver.log().length)
    new GridMask({ ratio: 0.5, unit: 9, device: 'cuda' })
    console.log(driver.log().length > 0)`
    const env = { ...process.env, GRIDMASK_CUDA_DRIVER: driverPath }
    const output = execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8' })
    expect(output).toBe('0\ntrue\n')
  },
)
