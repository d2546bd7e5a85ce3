// A worker ends without disposing of its tensors.
const { isMainThread, Worker, workerData } = require('node:worker_threads')

const [root, driver] = isMainThread ? process.argv.slice(2) : workerData
const { DeviceTensor } = require(root)

if (isMainThread) {
  const worker = new Worker(__filename, { workerData: [root, driver] })
  // Memory is given back in the order of the stream, behind work that the worker had put on it.
  worker.on('exit', () => {
    const end = Date.now() + 10_000
    const look = () => {
      const live = require(driver).live()
      if (live.allocations === 0 || Date.now() > end) console.log(JSON.stringify(live))
      else setTimeout(look, 5)
    }
    look()
  })
} else {
  const tensors = Array.from({ length: 9 }, () =>
    DeviceTensor.from(new Uint8Array(3000), { shape: [1, 3, 10, 100] }),
  )
  if (require(driver).live().allocations !== 9) throw new Error('not allocated')
  process.on('exit', () => tensors.length)
  process.exit()
}
