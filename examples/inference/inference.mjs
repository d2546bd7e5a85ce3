// node inference.mjs [--json] [PICTURE …]
//
// sharp → Preprocessor → a network, under onnxruntime and under TensorFlow.js, with the same results.
// Without pictures it draws six.
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { classify as byOnnxruntime } from './onnxruntime.mjs'
import { drawPictures } from './pictures.mjs'
import { CLASSES } from './settings.mjs'
import { classify as byTensorflow } from './tensorflow.mjs'

const { values: options, positionals: files } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' } },
})
const pictures =
  files.length === 0
    ? drawPictures()
    : files.map((file) => ({ name: basename(file), picture: sharp(file) }))

// Each keeps its own size, since Preprocessor takes a list.
const images = await Promise.all(
  pictures.map(({ picture }) =>
    picture
      .resize(40, 40, { fit: 'outside' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true }),
  ),
)
const predictions = {
  onnxruntime: await byOnnxruntime(images),
  tensorflow: await byTensorflow(images),
}

const results = pictures.map(({ name }, i) => {
  const [from, to] = [i * CLASSES.length, (i + 1) * CLASSES.length]
  return {
    name,
    onnxruntime: [...predictions.onnxruntime.subarray(from, to)],
    tensorflow: [...predictions.tensorflow.subarray(from, to)],
  }
})
if (options.json) console.log(JSON.stringify(results))
else {
  for (const { name, onnxruntime, tensorflow } of results) {
    const said = [onnxruntime, tensorflow].map((probabilities) => {
      const best = probabilities.indexOf(Math.max(...probabilities))
      return `${CLASSES[best]} ${(100 * (probabilities[best] ?? 0)).toFixed(1)} %`.padEnd(24)
    })
    console.log(`${name.padEnd(20)} onnxruntime: ${said[0]} TensorFlow.js: ${said[1]}`.trimEnd())
  }
}
