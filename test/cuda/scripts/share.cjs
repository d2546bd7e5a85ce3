// Several workers and the main thread mask the same batch on one device at the same time.
const { isMainThread, Worker, workerData } = require('node:worker_threads')

const [root] = isMainThread ? process.argv.slice(2) : workerData
const { DeviceTensor, GridMask } = require(root)

const shape = [4, 3, 64, 80]
const images = Float32Array.from({ length: 4 * 3 * 64 * 80 }, (_, i) => i + 1)
const options = { ratio: 0.5, unit: [10, 40], rotate: 360, seed: 5 }
const cuda = new GridMask({ ...options, device: 'cuda' })
const cpu = new GridMask({ ...options, device: 'cpu' })

/** @param {import('../../../lib/index').DeviceTensor} tensor @param {number} index */
async function maskedOnDevice(tensor, index) {
  const masked = await cuda.applyAsync(tensor, { index })
  return masked.downloadAsync()
}

async function work() {
  for (let index = 0; index < 24; index += 4) {
    const expected = cpu.apply(images, { shape, index })
    const tensor = DeviceTensor.from(images, { shape })
    const results = await Promise.all([
      cuda.applyAsync(images.slice(), { shape, index }),
      maskedOnDevice(tensor, index),
      cuda.apply(images, { shape, index }),
      cuda.apply(tensor, { index, out: DeviceTensor.from(images, { shape }) }).download(),
    ])
    for (const result of results) {
      if (Buffer.compare(Buffer.from(result.buffer), Buffer.from(expected.buffer)) !== 0) {
        throw new Error(`wrong at ${index}`)
      }
    }
    if (index % 8 === 0) tensor.dispose()
  }
}

async function main() {
  if (isMainThread) {
    const workers = Array.from({ length: 3 }, () => {
      const worker = new Worker(__filename, { workerData: [root] })
      return new Promise((resolve, reject) => worker.on('error', reject).on('exit', resolve))
    })
    await Promise.all([work(), ...workers])
    console.log('same')
  } else {
    await work()
  }
}

void main()
