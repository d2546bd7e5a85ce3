// SPDX-License-Identifier: MIT
//
// Draws results.json as accuracy.svg: both runs of the first seed, epoch by epoch.
//
//   node examples/cifar10/plot.mjs [FOLDER of both]
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const { linePlot } = await import(new URL('../../dist/cli/plot.js', import.meta.url).href)

const [folder = fileURLToPath(new URL('.', import.meta.url))] = process.argv.slice(2)
const { runs } =
  /** @type {{ runs: { method: string, seed: number, epochs: { accuracy?: number }[] }[] }} */ (
    JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'))
  )
const names = /** @type {Record<string, string>} */ ({
  none: 'without masks',
  gridmask: 'GridMask',
})
const series = runs
  .filter(({ seed }) => seed === runs[0]?.seed)
  .map(({ method, epochs }) => ({
    name: names[method],
    points: epochs.flatMap(({ accuracy }, i) =>
      accuracy === undefined ? [] : [{ x: i + 1, y: accuracy }],
    ),
  }))
writeFileSync(
  join(folder, 'accuracy.svg'),
  linePlot({
    title: 'ResNet-18 on CIFAR-10: test accuracy during the training',
    xLabel: 'epoch',
    yLabel: 'test accuracy, per cent',
    series,
    yMin: 60,
  }),
)
