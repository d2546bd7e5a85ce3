// Workers are terminated at different moments of their work; the device still works afterwards.
const { setTimeout } = require('node:timers/promises')
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads')

const [root] = isMainThread ? process.argv.slice(2) : workerData
const { DeviceTensor, GridMask } = require(root)
const gridmask = new GridMask({ ratio: 0.5, unit: 9, device: 'cuda' })
const shape = [4, 3, 64, 64]
const images = () => new Float32Array(4 * 3 * 64 * 64)

async function main() {
  if (!isMainThread) {
    const tensor = DeviceTensor.from(images(), { shape })
    for (let i = 0; ; i++) {
      const work = [
        gridmask.applyAsync(images(), { shape }),
        gridmask.applyAsync(tensor, { out: tensor }),
        gridmask.applyAsync(tensor),
        tensor.downloadAsync(),
      ]
      if (i === 0) parentPort?.postMessage('working')
      await Promise.all(work)
      gridmask.apply(tensor, { out: tensor })
    }
  }
  for (let i = 0; i < 12; i++) {
    const worker = new Worker(__filename, { workerData: [root] })
    await new Promise((resolve) => worker.once('message', resolve))
    await setTimeout(i)
    await worker.terminate()
  }
  const tensor = DeviceTensor.from(images(), { shape })
  gridmask.apply(tensor, { out: tensor })
  console.log('alive')
}

void main()
