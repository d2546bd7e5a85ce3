// native/scripts/inspect.mjs, which says what a prebuilt binary needs, against what the system's own
// tools say; and damaged files, which it must tell apart from good ones whatever is wrong with them.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const root = join(__dirname, '..', '..')
const addon = join(root, 'build/Release/gridmask.node')

function run(script: string): unknown {
  const args = ['--input-type=module', '-e', script]
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }))
}

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('what readelf and nm say', () => {
  const found = run(`
    import { inspect } from './native/scripts/inspect.mjs'
    console.log(JSON.stringify(inspect(${JSON.stringify(addon)})))`) as {
    format: string
    cpu: string
    exports: string[]
    needed: string[]
    versions: string[]
  }
  const tool = (...args: [string, ...string[]]) =>
    execFileSync(args[0], args.slice(1), { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } })
  const dynamic = tool('readelf', '-d', '-W', addon)
  expect(found.format).toBe('ELF')
  expect(found.cpu).toBe(process.arch)
  expect(found.needed).toEqual([...dynamic.matchAll(/NEEDED.*\[(.*)\]/g)].map(([, name]) => name))
  const symbols = tool('nm', '-D', '--defined-only', '--without-symbol-versions', addon)
  const names = symbols
    .trim()
    .split('\n')
    .map((line) => line.split(' ').at(-1))
  expect([...found.exports].sort()).toEqual([...new Set(names)].sort())
  const versions = tool('readelf', '-V', '-W', addon).split('.gnu.version_r')[1] ?? ''
  const asked = [...versions.matchAll(/Name: (\S+) +Flags/g)].map(([, name]) => name)
  expect([...found.versions].sort()).toEqual([...new Set(asked)].sort())
})

test('a file that is cut short, empty or no binary is told as one', () => {
  const told = run(`
    import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs'
    import { tmpdir } from 'node:os'
    import { join } from 'node:path'
    import { inspect } from './native/scripts/inspect.mjs'
    const folder = mkdtempSync(join(tmpdir(), 'gridmask-inspect-'))
    const file = join(folder, 'file.node')
    const whole = readFileSync(${JSON.stringify(addon)})
    const told = {}
    const tell = (name, bytes) => {
      writeFileSync(file, bytes)
      try {
        inspect(file)
        told[name] = 'fine'
      } catch (error) {
        told[name] = error.message.replace(file, 'FILE')
      }
    }
    tell('text', Buffer.alloc(100, 'not a binary'))
    for (const length of [0, 4, 63, 64, 4096, whole.length >> 1]) {
      tell(String(length), whole.subarray(0, length))
    }
    // Any byte of the first kilobytes may be wrong: what comes is an answer or an Error with a reason.
    let unexpected = 0
    for (let i = 0; i < 3000; i++) {
      const damaged = Buffer.from(whole)
      damaged[(i * 7919) % 6000] ^= 1 + (i % 255)
      writeFileSync(file, damaged)
      try {
        inspect(file)
      } catch (error) {
        if (!/cut short or damaged|neither ELF/.test(error.message)) unexpected += 1
      }
    }
    rmSync(folder, { recursive: true })
    console.log(JSON.stringify({ told, unexpected }))`) as {
    told: Record<string, string>
    unexpected: number
  }
  expect(told.unexpected).toBe(0)
  expect(told.told.text).toBe('FILE: neither ELF nor PE nor Mach-O of 64 bits')
  const { text, ...cut } = told.told
  for (const [length, message] of Object.entries(cut)) {
    expect(message).toBe(`FILE: cut short or damaged, ${length} bytes`)
  }
})
