// SPDX-License-Identifier: MIT
//
// Finished runs, kept in a file with one line each, so that a killed process continues where it was; and
// what they say together.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'

/**
 * @typedef {object} Finished
 * @property {string} key
 * @property {'selection' | 'test'} stage
 * @property {string} method
 * @property {Readonly<Record<string, unknown>>} settings
 * @property {number} seed
 * @property {import('./train.mjs').Point[]} curve
 */

export class Store {
  /** @type {Finished[]} */
  runs = []

  /** @param {string} file */
  constructor(file) {
    this.file = file
    let text = ''
    try {
      text = readFileSync(file, 'utf8')
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error
    }
    // A killed process may have left half a line.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    if (whole !== text) writeFileSync(file, whole)
    this.runs = whole
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
  }

  /** @param {string} key */
  find(key) {
    return this.runs.find((run) => run.key === key)
  }

  /** @param {Finished} run */
  add(run) {
    appendFileSync(this.file, `${JSON.stringify(run)}\n`)
    this.runs.push(run)
    return run
  }
}

/** @param {readonly number[]} values */
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

/** The standard error of the mean. @param {readonly number[]} values at least two */
export function standardError(values) {
  const centre = mean(values)
  const variance = values.reduce((sum, v) => sum + (v - centre) ** 2, 0) / (values.length - 1)
  return Math.sqrt(variance / values.length)
}

/** @param {Finished} run */
const accuracyOf = ({ curve }) =>
  /** @type {import('./train.mjs').Point} */ (curve.at(-1)).evaluation

/** @param {readonly Finished[]} runs @param {(run: Finished) => string} nameOf */
function groups(runs, nameOf) {
  const names = [...new Set(runs.map(nameOf))]
  return names.map((name) => runs.filter((run) => nameOf(run) === name))
}

/** @param {readonly Finished[]} runs of one method with one of its settings */
const accuracies = (runs) => [...runs].sort((a, b) => a.seed - b.seed).map(accuracyOf)

/**
 * The settings of a method with their accuracies on validation images, the best first; equal ones in the
 * order of methods.mjs.
 *
 * @param {readonly Finished[]} runs of the selection
 */
export function rank(runs) {
  return groups(runs, ({ settings }) => JSON.stringify(settings))
    .map((same) => {
      const validation = accuracies(same)
      return { settings: same[0]?.settings ?? {}, mean: mean(validation), validation }
    })
    .sort((a, b) => b.mean - a.mean)
}

/**
 * The accuracies on the test set: each seed's, their mean and its standard error, and the same for the
 * differences from "none" with the same seed.
 *
 * @param {readonly Finished[]} runs on the test set, of all methods with the same seeds
 */
export function compare(runs) {
  const none = accuracies(runs.filter(({ method }) => method === 'none'))
  return groups(runs, ({ method }) => method).map((same) => {
    const { method, settings } = /** @type {Finished} */ (same[0])
    const test = accuracies(same)
    const differences = test.map((accuracy, i) => accuracy - Number(none[i]))
    return {
      method,
      settings,
      test,
      mean: mean(test),
      standardError: standardError(test),
      difference: { mean: mean(differences), standardError: standardError(differences) },
      curve: meanCurve(same),
    }
  })
}

/** @param {readonly Finished[]} runs */
function meanCurve(runs) {
  const epochs = runs[0]?.curve.map(({ epoch }) => epoch) ?? []
  return epochs.map((epoch, i) => {
    /** @param {'loss' | 'training' | 'evaluation'} what */
    const of = (what) => mean(runs.map(({ curve }) => Number(curve[i]?.[what])))
    return { epoch, loss: of('loss'), training: of('training'), test: of('evaluation') }
  })
}
