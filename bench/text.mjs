// SPDX-License-Identifier: MIT
//
// How figures are summed up and written.

/** @param {number[]} numbers */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return /** @type {number} */ (sorted[Math.floor(sorted.length / 2)])
}

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
  const lines = [head, ...rows]
  const widths = head.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)))
  for (const line of lines) {
    const cells = line.map((cell, i) => {
      const width = /** @type {number} */ (widths[i])
      return head[i] === '' ? cell.padEnd(width) : cell.padStart(width)
    })
    console.log(cells.join('  ').trimEnd())
  }
}
