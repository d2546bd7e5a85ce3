// examples/inference: onnxruntime and TensorFlow.js give the same answers as a network in plain JavaScript,
// and the right ones.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { installExample } from './examples.mjs'

const NAME = 'examples/inference'

/** @param {import('./neighbours.mjs').Workplace} place */
export async function tryInference(place) {
  const { work, report } = place
  const folder = installExample(place, 'inference')
  const { status, stdout, stderr } = spawnSync(process.execPath, ['inference.mjs', '--json'], {
    cwd: folder,
    encoding: 'utf8',
  })
  report(NAME, 'runs', status === 0 && stderr === '', `${stdout}${stderr}`)
  if (status !== 0) return

  const { drawPictures } = await import(pathToFileURL(join(folder, 'pictures.mjs')).href)
  const { CLASSES } = await import(pathToFileURL(join(folder, 'settings.mjs')).href)
  /** @type {{ name: string, picture: import('sharp').Sharp }[]} */
  const pictures = drawPictures()
  /** @type {{ name: string, onnxruntime: number[], tensorflow: number[] }[]} */
  const results = JSON.parse(stdout)
  const faults = []
  for (const [i, { name, picture }] of pictures.entries()) {
    const expected = await answer(join(folder, 'model'), picture)
    if (CLASSES[expected.indexOf(Math.max(...expected))] !== name)
      faults.push(`${name} is not ${name}`)
    for (const engine of /** @type {const} */ (['onnxruntime', 'tensorflow'])) {
      const found = results[i]?.[engine] ?? []
      const furthest = Math.max(...expected.map((p, c) => Math.abs(p - (found[c] ?? Number.NaN))))
      if (!(furthest <= 1e-5)) faults.push(`${engine} of ${name} is off by ${furthest}`)
    }
  }
  const whole = results.length === pictures.length && faults.length === 0
  report(NAME, 'both answer right', whole, faults.join('\n'))

  const made = join(work, 'model')
  mkdirSync(made)
  const making = spawnSync(process.execPath, ['model/make.mjs', made], { cwd: folder })
  const files = readdirSync(made).sort()
  const same = files.every((file) =>
    readFileSync(join(made, file)).equals(readFileSync(join(folder, 'model', file))),
  )
  const all = files.join() === 'model.json,model.onnx,weights.bin'
  report(NAME, 'the model is made again', same && all, `${making.stderr}${files}`)
}

/**
 * The network's answer for a picture, from the definitions of its layers and the weights as TensorFlow.js
 * has them.
 *
 * @param {string} model
 * @param {import('sharp').Sharp} picture
 */
async function answer(model, picture) {
  const { data, info } = await picture
    .resize(40, 40, { fit: 'outside' })
    .raw()
    .toBuffer({ resolveWithObject: true })
  const [side, mean, std] = [32, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]
  const [top, left] = [(info.height - side) >> 1, (info.width - side) >> 1]
  const pixel = (/** @type {number} */ y, /** @type {number} */ x, /** @type {number} */ c) =>
    (at(data, ((top + y) * info.width + left + x) * info.channels + c) / 255 - at(mean, c)) /
    at(std, c)

  const weights = new Float32Array(Uint8Array.from(readFileSync(join(model, 'weights.bin'))).buffer)
  const [F, C, out] = [7, 6, 15]
  const [filters, offsets, scores, biases] = [0, 27 * F, 28 * F, 28 * F + F * C]
  const means = Array.from({ length: F }, (_, f) => {
    let sum = 0
    for (let y = 0; y < out; y++) {
      for (let x = 0; x < out; x++) {
        let value = at(weights, offsets + f)
        for (let k = 0; k < 27; k++) {
          const [i, j, c] = [Math.floor(k / 9), Math.floor(k / 3) % 3, k % 3]
          value += pixel(2 * y + i, 2 * x + j, c) * at(weights, filters + k * F + f)
        }
        sum += Math.max(value, 0)
      }
    }
    return sum / out ** 2
  })
  const logits = Array.from({ length: C }, (_, c) =>
    means.reduce((sum, m, f) => sum + m * at(weights, scores + f * C + c), at(weights, biases + c)),
  )
  const powers = logits.map((logit) => Math.exp(logit))
  const total = powers.reduce((sum, power) => sum + power, 0)
  return powers.map((power) => power / total)
}

/** @param {ArrayLike<number>} values @param {number} i */
function at(values, i) {
  return /** @type {number} */ (values[i])
}
