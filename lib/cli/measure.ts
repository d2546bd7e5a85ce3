/** Times two things in turn, so that both see the same conditions: their ratio is what counts. */

export interface Measured {
  milliseconds: number
  baselineMilliseconds: number
  /** The median of the rounds' ratios. */
  ratio: number
}

/** @param effort the shortest time of a round, and the number of rounds */
export function compare(
  subject: () => void,
  baseline: () => void,
  { milliseconds, rounds }: { milliseconds: number; rounds: number },
): Measured {
  const subjectCalls = callsFor(subject, milliseconds)
  const baselineCalls = callsFor(baseline, milliseconds)
  const times: { subject: number; baseline: number }[] = []
  for (let round = 0; round < rounds; round++) {
    const of = time(baseline, baselineCalls)
    times.push({ baseline: of, subject: time(subject, subjectCalls) })
  }
  return {
    milliseconds: median(times.map(({ subject }) => subject)),
    baselineMilliseconds: median(times.map(({ baseline }) => baseline)),
    ratio: median(times.map(({ subject, baseline }) => subject / baseline)),
  }
}

/** How many calls make a round long enough to time. */
export function callsFor(work: () => void, milliseconds: number): number {
  let calls = 1
  while (time(work, calls) * calls < milliseconds) calls *= 2
  return calls
}

/** Milliseconds per call. */
export function time(work: () => void, calls: number): number {
  const started = performance.now()
  for (let i = 0; i < calls; i++) work()
  return (performance.now() - started) / calls
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] as number
}
