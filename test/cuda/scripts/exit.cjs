// The process exits with operations in progress.
const [root = '', , when] = process.argv.slice(2)
const { DeviceTensor, GridMask } = require(root)

const gridmask = new GridMask({ ratio: 0.5, unit: 9, device: 'cuda' })
const shape = [8, 3, 64, 64]
const images = () => new Float32Array(8 * 3 * 64 * 64)
const tensor = DeviceTensor.from(images(), { shape })
for (let i = 0; i < 8; i++) {
  void gridmask.applyAsync(images(), { shape })
  void gridmask.applyAsync(tensor, { out: tensor })
  void tensor.downloadAsync()
}
const exit = () => {
  console.log('exiting')
  process.exit(0)
}
if (when === 'now') exit()
else if (when === 'tick') setImmediate(exit)
else setTimeout(exit, 3)
