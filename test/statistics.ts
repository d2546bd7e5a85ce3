/** What is drawn, against what it should be on average. */
import { expect } from '@jest/globals'

export const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

export function deviation(values: readonly number[]): number {
  const average = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - average) ** 2)))
}

/**
 * Within four standard deviations of the mean: seeds are fixed, and of other seeds one in 16,000 would
 * fail.
 */
export function expectMean(values: readonly number[], expected: number): void {
  const tolerance = (4 * deviation(values)) / Math.sqrt(values.length)
  expect(tolerance).toBeGreaterThan(0)
  expect(Math.abs(mean(values) - expected)).toBeLessThan(tolerance)
}
