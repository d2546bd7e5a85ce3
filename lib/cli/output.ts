/** What commands print: results on stdout; progress and notes on stderr. */
import { SingleBar } from 'cli-progress'

export function print(text: string, stream: NodeJS.WriteStream = process.stdout): void {
  stream.write(`${text}\n`)
}

/** Something to know besides the result. */
export function note(text: string): void {
  process.stderr.write(`gridmask: ${printable(text)}\n`)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

/**
 * Text that is not ours, such as a file name, on one line: characters that would control a terminal, end
 * the line or reverse its direction are shown as numbers.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/**
 * Columns with an empty head are text, aligned left; others are figures, aligned right. If the table does
 * not fit, each row becomes a paragraph.
 *
 * @param columns of the terminal; undefined if there is none
 */
export function tableOf(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns = Number.POSITIVE_INFINITY,
): string {
  const shown = rows.map((row) => row.map(printable))
  const lines = [head, ...shown]
  const widths = head.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)))
  const width = widths.reduce((sum, each) => sum + each + 2, -2)
  if (width > columns) return shown.map((row) => paragraphOf(head, row)).join('\n\n')
  return lines
    .map((line) =>
      line
        .map((cell, i) => {
          const width = widths[i] as number
          return head[i] === '' ? cell.padEnd(width) : cell.padStart(width)
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function paragraphOf(head: readonly string[], row: readonly string[]): string {
  const longest = Math.max(...head.map((name) => name.length))
  return row
    .map((cell, i) => ({ name: head[i] ?? '', cell }))
    .filter(({ cell }) => cell !== '')
    .map(({ name, cell }) => (name === '' ? cell : `  ${name.padEnd(longest)}  ${cell}`))
    .join('\n')
}

/** Beside the bar: how much is done, and the time left. */
const BESIDE_BAR = ' 100 %, 59m59s to go'.length + 1
const BAR = 40

/**
 * Runs `work` under a progress bar; it reports how much of `total` is done. The terminal keeps its cursor
 * and its line wrapping, so nothing has to be restored if the command is interrupted.
 */
export async function withProgress<T>(
  total: number,
  work: (report: (done: number) => void) => Promise<T>,
): Promise<T> {
  const { isTTY, columns = 80 } = process.stderr
  if (!isTTY) return work(() => {})
  const size = Math.min(BAR, columns - BESIDE_BAR)
  const bar = new SingleBar({
    format: size > 0 ? '{bar} {percentage} %, {eta_formatted} to go' : '{percentage} %',
    barsize: Math.max(size, 1),
    barCompleteChar: '█',
    barIncompleteChar: '░',
    linewrap: true,
    clearOnComplete: true,
  })
  bar.start(total, 0)
  try {
    return await work((done) => bar.update(done))
  } finally {
    bar.stop()
  }
}
