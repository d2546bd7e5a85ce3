// SPDX-License-Identifier: MIT
//
// How numbers are printed.
import { tableOf } from '../dist/cli/output.js'

/** @param {number} bytes */
export function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`
}

/** @param {number} bandwidth bytes a second */
export function gigabytesASecond(bandwidth) {
  return `${(bandwidth / 1e9).toFixed(0)} GB/s`
}

/** @param {number} microseconds */
export function duration(microseconds) {
  return microseconds < 1000
    ? `${microseconds.toFixed(1)} µs`
    : `${(microseconds / 1000).toFixed(2)} ms`
}

/** @param {number} share */
export function percent(share) {
  return `${(100 * share).toFixed(0)} %`
}

/** Text to the left, figures to the right. @param {string[]} head @param {string[][]} rows */
export function printTable(head, rows) {
  console.log(tableOf(head, rows))
}
