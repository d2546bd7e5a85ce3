// The documentation of the training on CIFAR-10 matches the committed results.
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { outputOf, root, temporaryFolder } from '../process'

const folder = temporaryFolder('cifar10-plot')
const example = join(root, 'examples/cifar10')
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const { runs, pairs, settings } = JSON.parse(read('examples/cifar10/results.json'))

test('accuracies and their difference', () => {
  const [none, masked] = runs
  const [pair] = pairs
  for (const { accuracy, meanOfLastFive, epochs } of [none, masked]) {
    const tested = epochs.flatMap((epoch: { accuracy?: number }) => epoch.accuracy ?? [])
    expect(epochs).toHaveLength(settings.epochs)
    expect(tested.at(-1)).toBe(accuracy)
    const mean = tested.slice(-5).reduce((sum: number, value: number) => sum + value / 5, 0)
    expect(mean.toFixed(2)).toBe(meanOfLastFive.toFixed(2))
  }
  expect(pair.difference).toBeCloseTo(masked.accuracy - none.accuracy, 9)
  expect(pair.difference).toBe((100 * (pair.gained - pair.lost)) / settings.testImages)
  const page = read('docs/cifar10.md')
  expect(page).toContain(`no masks | ${none.accuracy} % | ${none.meanOfLastFive} % |`)
  expect(page).toContain(`**${masked.accuracy} %** | ${masked.meanOfLastFive} % |`)
  expect(page).toContain(`**+${pair.difference} ± ${pair.standardError} points**`)
  expect(page).toContain(`gained ${pair.gained} and lost ${pair.lost}`)
  expect(read('README.md')).toContain(
    `${none.accuracy} % | ${masked.accuracy} % | **+${pair.difference} ± ${pair.standardError}**`,
  )
})

test('the picture', () => {
  copyFileSync(join(example, 'results.json'), join(folder, 'results.json'))
  outputOf(['examples/cifar10/plot.mjs', folder])
  expect(readFileSync(join(folder, 'accuracy.svg'), 'utf8')).toBe(
    read('examples/cifar10/accuracy.svg'),
  )
})
