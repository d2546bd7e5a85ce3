// The command at a real terminal: narrow, and interrupted.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { tableOf } from '../../lib/cli/output'
import { main } from './support'

const onUnix = process.platform === 'win32' ? test.skip : test

interface Session {
  written: string
  /** The number of the one that ended it. */
  signal: number | null
}

function terminal(columns: number, args: string[], interruptAfter = ''): Session {
  const program = join(__dirname, 'terminal.py')
  const command = [process.execPath, main, ...args]
  const { stdout, stderr } = spawnSync(
    'python3',
    [program, String(columns), interruptAfter, ...command],
    { encoding: 'utf8', maxBuffer: 2 ** 26, env: { ...process.env, TERM: 'xterm' } },
  )
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal is told by
const CONTROLS = /\x1b(\[[\d;?]*[A-Za-z]|[78])/g

/** What stands on a line at a time. */
function linesOf(written: string): string[] {
  return written
    .replaceAll('\x1b[1G', '\n')
    .split(/\r|\n/)
    .map((line) => line.replace(CONTROLS, ''))
    .filter((line) => line !== '')
}

onUnix('at 40 columns the bar fits, and a row of a table becomes a paragraph', () => {
  const args = ['failures', '--images', '20000', '--xs', '40,80', '--threads', '1']
  const { written } = terminal(40, args)
  const bars = linesOf(written).filter((line) => /[█░]/.test(line))
  expect(bars.length).toBeGreaterThan(1)
  for (const bar of bars) {
    expect(bar).toMatch(/^[█░]+ \d+ %, \w+ to go$/)
    expect(bar.length).toBeLessThanOrEqual(40)
  }
  const lines = linesOf(written)
  for (const x of ['40', '80']) {
    const at = lines.findIndex((line) => new RegExp(`^ {2}x +${x}$`).test(line))
    expect(lines[at + 1]).toMatch(/^ {2}GridMask +0\.\d{4} ± 0\.\d{4}$/)
  }
})

onUnix('at 20 columns the bar is only its share', () => {
  const { written } = terminal(20, [
    'failures',
    '--images',
    '20000',
    '--xs',
    '40',
    '--threads',
    '1',
  ])
  const shares = linesOf(written).filter((line) => /^\d+ %$/.test(line))
  expect(shares.length).toBeGreaterThan(1)
  expect(written).not.toMatch(/[█░]/)
})

onUnix.each([
  ['failures', ['failures', '--images', '100000000']],
  ['bench, which is busy', ['bench', '--threads', '1']],
])('Ctrl-C ends %s at once, and leaves the terminal as it was', (_, args) => {
  const { written, signal } = terminal(80, args, '░')
  expect(signal).toBe(2)
  // The last word on the cursor, on wrapping and on the other screen.
  for (const mode of ['25', '7']) {
    const words = Array.from(written.matchAll(new RegExp(`\\x1b\\[\\?${mode}([hl])`, 'g')))
    expect(words.at(-1)?.[1] ?? 'h').toBe('h')
  }
  expect(written).not.toContain('\x1b[?1049h')
})

onUnix('a picture is neither written to a terminal nor typed at one', () => {
  const refused = terminal(80, ['preview', 'photo.png', '-o', '-']).written
  expect(refused).toBe('gridmask: A terminal cannot show a picture: redirect it to a file\r\n')
  const output = join(tmpdir(), 'gridmask-typed.png')
  const typed = terminal(80, ['preview', '-', '-o', output]).written
  expect(linesOf(typed)).toContain('gridmask: Nothing is piped to standard input')
  expect(existsSync(output)).toBe(false)
})

test('a table that fits is a table, to the last column', () => {
  const [head, rows] = [['', 'd'], [['photo', '96']]] as const
  expect(tableOf(head, rows, 9)).toBe('        d\nphoto  96')
  expect(tableOf(head, rows, 8)).toBe('photo\n  d  96')
  expect(tableOf(head, rows)).toBe('        d\nphoto  96')
})

test('file names cannot control the terminal', () => {
  expect(tableOf([''], [['a\nb\u001b[2J\u202e\u0085']])).toBe('\na\\u000ab\\u001b[2J\\u202e\\u0085')
})
