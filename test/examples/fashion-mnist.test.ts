// The training on Fashion-MNIST: its gradients, its masks, how it continues after a kill, and whether its
// README matches the committed results.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, jest, test } from '@jest/globals'
import { root, runNode, temporaryFolder } from '../process'

jest.setTimeout(300_000)

const example = join(root, 'examples/fashion-mnist')
const folder = temporaryFolder('fashion-mnist')

interface Point {
  epoch: number
  loss: number
  training: number
  evaluation: number
}

interface Result {
  method: string
  test: number[]
  mean: number
  standardError: number
  difference: { mean: number; standardError: number }
}

/** Runs a script of the folder beside this file; its last line is JSON. */
function fixture(name: string, ...args: string[]) {
  const script = join(__dirname, 'fashion-mnist', name)
  const { status, stdout, stderr } = runNode([script, ...args])
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  return JSON.parse(stdout.trim().split('\n').at(-1) as string)
}

test('the kernel for the gradient of a filter agrees with the CPU backend', () => {
  const { cases, worst } = fixture('gradients.mjs')
  expect(cases).toBe(72)
  // Of sums of up to 3 · 28 · 28 products in single precision.
  expect(worst).toBeLessThan(1e-5)
})

test('a run that was stopped after every epoch ends with the same bits; masks are the package’s', () => {
  const { whole, parts, seen } = fixture('training.mjs', folder)
  expect(parts).toEqual(whole)
  const losses = whole.curve.map(({ loss }: Point) => loss)
  expect(losses).toHaveLength(4)
  expect(losses[3]).toBeLessThan(0.8 * losses[0])
  expect(seen).toMatchObject({ batches: 2 * 4 * 10, wrong: 0 })
  expect(seen.masked).toBeGreaterThan(10_000)
})

const state = join(folder, 'quick')
const store = join(state, 'runs.jsonl')
const command = [join(example, 'run.mjs'), '--quick', '--state', state]
const linesOf = () => (existsSync(store) ? readFileSync(store, 'utf8').split('\n') : [])

test('a killed comparison continues, and finished runs repeat to the last digit', async () => {
  const killed: ChildProcess = spawn(process.execPath, command, { cwd: root, stdio: 'ignore' })
  while (linesOf().length < 4) {
    expect(killed.exitCode).toBeNull()
    await sleep(20)
  }
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  const before = linesOf().slice(0, 3)

  const goOn = () => {
    const { status, stdout } = runNode(command)
    expect(status).toBe(0)
    expect(stdout).toContain('GridMask')
    return readFileSync(join(state, 'results.json'), 'utf8')
  }
  const results = goOn()
  const lines = linesOf()
  expect(lines.slice(0, 3)).toEqual(before)
  for (const line of lines.slice(0, -1)) {
    const { method, curve } = JSON.parse(line) as { method: string; curve: Point[] }
    const [first, last] = [curve[0], curve.at(-1)] as [Point, Point]
    // If masks become more frequent from epoch to epoch, the loss on masked images may grow.
    if (method === 'none') expect(last.loss).toBeLessThan(0.8 * first.loss)
    expect(last.training).toBeGreaterThan(0.3)
  }
  const [{ results: tested }] = JSON.parse(results).comparisons as [{ results: Result[] }]
  for (const { test: accuracies, method } of tested) {
    // Of ten classes: chance is 0.1.
    expect({ method, far: accuracies.every((accuracy) => accuracy > 0.3) }).toEqual({
      method,
      far: true,
    })
  }

  // Without two of the runs, and with half a line as a kill may leave it.
  writeFileSync(store, `${lines.slice(0, -3).join('\n')}\n`)
  appendFileSync(store, lines.at(-2)?.slice(0, 100) as string)
  expect(goOn()).toBe(results)
  expect(linesOf()).toEqual(lines)
})

const committed = JSON.parse(readFileSync(join(example, 'results.json'), 'utf8')) as {
  plan: { images: { test: number }; selection: { settings: number; seeds: number[] } }
  selection: { method: string; tried: { settings: object; mean: number; validation: number[] }[] }[]
  comparisons: { epochs: number; seeds: number[]; results: (Result & { settings: object })[] }[]
}
const average = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const errorOf = (values: number[]) =>
  Math.sqrt(
    average(values.map((value) => (value - average(values)) ** 2)) / Math.max(values.length - 1, 1),
  )

test('the committed results are consistent: each method tried equally often, means and errors over all seeds', () => {
  const { plan, selection, comparisons } = committed
  for (const { seeds, results } of comparisons) {
    expect(seeds.length).toBeGreaterThanOrEqual(5)
    for (const seed of plan.selection.seeds) expect(seeds).not.toContain(seed)
    expect(results).toHaveLength(7)
    const none = results.find(({ method }) => method === 'none') as Result
    for (const { method, settings, test: accuracies, ...claimed } of results) {
      expect(accuracies).toHaveLength(seeds.length)
      for (const accuracy of accuracies) {
        const right = accuracy * 10 * plan.images.test
        expect(right).toBeCloseTo(Math.round(right), 6)
      }
      expect(claimed.mean).toBeCloseTo(average(accuracies), 12)
      expect(claimed.standardError).toBeCloseTo(errorOf(accuracies), 12)
      const differences = accuracies.map((accuracy, i) => accuracy - (none.test[i] as number))
      expect(claimed.difference.mean).toBeCloseTo(average(differences), 12)
      expect(claimed.difference.standardError).toBeCloseTo(errorOf(differences), 12)

      if (method === 'none') continue
      const tried = selection.find((selected) => selected.method === method)?.tried ?? []
      expect(tried).toHaveLength(plan.selection.settings)
      const best = Math.max(...tried.map(({ validation }) => average(validation)))
      expect(tried[0]).toMatchObject({ settings, mean: best })
    }
  }
})

test('a committed accuracy can be reproduced', () => {
  const again = [join(example, 'repeat.mjs'), '2', 'GridMask']
  const { status, stdout } = runNode(again)
  expect(stdout).toMatch(/^GridMask +\d\d\.\d\d %, in results\.json \d\d\.\d\d %\n$/)
  expect(status).toBe(0)
})

test('README.md and the picture show the committed results', () => {
  const readme = readFileSync(join(example, 'README.md'), 'utf8')
  const percent = (share: number) => (100 * share).toFixed(2)
  const cells = ({ mean, standardError, difference }: Result) => {
    const sign = difference.mean < 0 ? '−' : '+'
    const gained = `${sign}${percent(Math.abs(difference.mean))} ± ${percent(difference.standardError)}`
    return `${percent(mean)} ± ${percent(standardError)} | ${difference.standardError > 0 ? gained : ''}`
  }
  const [short, long] = committed.comparisons
  for (const [i, result] of (short?.results ?? []).entries()) {
    const row = `| ${result.method} | ${cells(result)} | ${cells(long?.results[i] as Result)} |`
    expect(readme).toContain(row)
  }
  copyFileSync(join(example, 'results.json'), join(folder, 'results.json'))
  const drawn = runNode([join(example, 'plot.mjs'), folder])
  expect(drawn.status).toBe(0)
  expect(readFileSync(join(folder, 'accuracy.svg'), 'utf8')).toBe(
    readFileSync(join(example, 'accuracy.svg'), 'utf8'),
  )
})
