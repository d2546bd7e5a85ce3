// What native/scripts/prebuilds.mjs says about a faulty prebuilt binary.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { root } from './consumer'

const folder = mkdtempSync(join(tmpdir(), 'gridmask-prebuilds-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Checked {
  bytes: number
  faults: string[]
  tooNew: string[]
}

function check(target: object, file: string): Checked {
  const script = `
    import { check } from './native/scripts/prebuilds.mjs'
    console.log(JSON.stringify(check(${JSON.stringify(target)}, ${JSON.stringify(file)})))`
  const args = ['--input-type=module', '-e', script]
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }))
}

const onLinux = process.platform === 'linux' ? test : test.skip
const [here, elsewhere] = process.arch === 'x64' ? ['x64', 'arm64'] : ['arm64', 'x64']

onLinux('a binary is for one processor and one C library', () => {
  const addon = join(root, 'build/Release/gridmask.node')
  const kernels = /kernels|bytes/
  const faultsOf = (cpu: string, libc: string) =>
    check({ os: 'linux', cpu, libc, cuda: true }, addon).faults.filter((it) => !kernels.test(it))
  expect(faultsOf(here, 'glibc')).toEqual([])
  expect(faultsOf(elsewhere, 'glibc')).toEqual([`is not for linux-${elsewhere}-glibc`])
  expect(faultsOf(here, 'musl')).toContain('needs libc.so.6')
})

onLinux('what a program may need but an addon must not is named', () => {
  // A binary with more libraries than ours, whatever they are.
  const git = execFileSync('sh', ['-c', 'readlink -f "$(command -v git)"'], { encoding: 'utf8' })
  const { faults } = check({ os: 'linux', cpu: here, libc: 'glibc', cuda: false }, git.trim())
  expect(faults).toEqual(expect.arrayContaining([expect.stringMatching(/^needs libz\.so/)]))
})

onLinux('what is needed from the system is compared with what RHEL 8 has', () => {
  const addon = join(root, 'build/Release/gridmask.node')
  const symbols = execFileSync('objdump', ['-T', addon], { encoding: 'utf8' })
  const asked = [...symbols.matchAll(/\((GLIBC|GLIBCXX|CXXABI)_([\d.]+)\)/g)]
  const floor = { GLIBC: [2, 28], GLIBCXX: [3, 4, 25], CXXABI: [1, 3, 11] }
  const newer = asked.filter(([, name, version]) => {
    const numbers = (version as string).split('.').map(Number)
    const most = floor[name as keyof typeof floor]
    const i = numbers.findIndex((number, k) => number !== (most[k] ?? 0))
    return i !== -1 && (numbers[i] as number) > (most[i] ?? 0)
  })
  expect(asked).not.toEqual([])
  const { tooNew } = check({ os: 'linux', cpu: here, libc: 'glibc', cuda: true }, addon)
  const named = tooNew.map((text) => text.split(' ', 1)[0])
  expect([...new Set(named)].sort()).toEqual(
    [...new Set(newer.map(([, name, version]) => `${name}_${version}`))].sort(),
  )
})

test('a file that is not a binary, and one that does not exist', () => {
  const text = join(folder, 'text.node')
  writeFileSync(text, 'not a binary')
  const target = { os: 'linux', cpu: 'x64', libc: 'glibc', cuda: false }
  expect(check(target, text)).toMatchObject({ bytes: 12, faults: ['is not for linux-x64-glibc'] })
  expect(check(target, join(folder, 'none.node')).faults).toEqual(['not there'])
})
