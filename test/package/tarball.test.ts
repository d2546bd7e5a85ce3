// What users get from `npm install gridmask`.
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { keepRatio } from '../../lib/index'
import { hashOfSources } from '../kernel/sources'
import { type Consumer, installTarball, nodeHeaders, root } from './consumer'

const libc = process.platform === 'linux' ? '.glibc' : ''
const prebuilt = `prebuilds/${process.platform}-${process.arch}/gridmask${libc}.node`

let consumer: Consumer
beforeAll(() => {
  consumer = installTarball()
}, 300_000)
afterAll(() => consumer.remove())

describe('the tarball', () => {
  test('holds what is used or can be built from, and nothing else', () => {
    const known = [
      /^(package\.json|README\.md|LICENSE|binding\.gyp)$/,
      /^lib\/([\w-]+\/)?[\w-]+\.m?ts$/,
      /^dist\/([\w-]+\/)?[\w-]+\.(m?js|d\.m?ts)(\.map)?$/,
      /^dist\/play\.html$/,
      /^native\/(addon|cpu|cuda|lattice)\/\w+\.(cc|cu|h|inc)$/,
      // Those of other platforms where they were made: `npm run prebuild -- --all`.
      /^prebuilds\/linux-(x64|arm64)\/gridmask\.(glibc|musl)\.node$/,
      /^prebuilds\/(win32-x64|darwin-(x64|arm64))\/gridmask\.node$/,
    ]
    const others = consumer.files.filter((file) => !known.some((pattern) => pattern.test(file)))
    expect(others).toEqual([])
    expect(consumer.files).toContain(prebuilt)
  })

  test('holds for every source what was compiled from it, and no leftovers', () => {
    const sources = consumer.files.filter((file) => /^lib\/.*(?<!\.d)\.m?ts$/.test(file))
    const compiled = sources.flatMap((source) => {
      const [, name, m] = /^lib\/(.*)\.(m?)ts$/.exec(source) as string[]
      return [`${m}js`, `${m}js.map`, `d.${m}ts`, `d.${m}ts.map`].map(
        (end) => `dist/${name}.${end}`,
      )
    })
    expect(sources).not.toEqual([])
    expect(consumer.files.filter((file) => file.startsWith('dist/'))).toEqual(
      [...compiled, 'dist/play.html'].sort(),
    )
  })
})

describe('the kernels that are shipped for builds without nvcc', () => {
  const image = 'native/cuda/image.inc'

  test('were compiled from the sources that are shipped', () => {
    if (!consumer.files.includes(image)) return // packed where there is no nvcc
    const text = readFileSync(join(consumer.installed, image), 'utf8')
    expect(text.slice(0, 200)).toContain(hashOfSources(consumer.installed))
  })
})

describe('the prebuilt binary', () => {
  const evaluate = (type: string, code: string) =>
    consumer.run(process.execPath, [`--input-type=${type}`, '-e', code])

  // A rotated mask, told by its kept fraction, and a drawn one, by its digest.
  const work = `
    const { createHash } = crypto
    const gridmask = new GridMask({ ...presets.imagenet, probability: 1, seed: 1 })
    const masked = gridmask.apply(new Float32Array(2 * 3 * 99 * 101).fill(1), { shape: [2, 3, 99, 101] })
    const digest = createHash('sha256').update(new Uint8Array(masked.buffer)).digest('hex')
    console.log(keepRatio({ d: 10, ratio: 0.6, angle: 30 }, [50, 50]), digest)`

  test('masks, the same from CommonJS and from an ES module', () => {
    const cjs = `const crypto = require('node:crypto')
      const { GridMask, keepRatio, presets } = require('gridmask')\n${work}`
    const esm = `import * as crypto from 'node:crypto'
      import { GridMask, keepRatio, presets } from 'gridmask'\n${work}`
    const [fromCommonJs, fromModule] = [evaluate('commonjs', cjs), evaluate('module', esm)]
    expect(fromModule).toBe(fromCommonJs)
    const kept = keepRatio({ d: 10, ratio: 0.6, angle: 30 }, [50, 50])
    expect(fromCommonJs).toMatch(new RegExp(`^${kept} [0-9a-f]{64}\n$`))
  })

  test('is one for both: classes are the same', () => {
    const code = `
      import { createRequire } from 'node:module'
      import * as main from 'gridmask'
      import * as baselines from 'gridmask/baselines'
      const require = createRequire(process.cwd() + '/')
      for (const [esm, cjs] of [[main, require('gridmask')], [baselines, require('gridmask/baselines')]])
        for (const name of new Set([...Object.keys(esm), ...Object.keys(cjs)]))
          if (esm[name] !== cjs[name]) console.log(name)`
    expect(evaluate('module', code)).toBe('')
  })

  // Node's own floor since version 18, which is that of RHEL 8.
  const onLinux = process.platform === 'linux' ? test : test.skip
  onLinux('needs neither a newer C library than Node does, nor a newer C++ library', () => {
    const symbols = consumer.run('objdump', ['-T', join(consumer.installed, prebuilt)])
    expect(newest(symbols, 'GLIBC')).toBeLessThanOrEqual(version('2.28'))
    expect(newest(symbols, 'GLIBCXX')).toBeLessThanOrEqual(version('3.4.25'))
  })
})

describe('the command', () => {
  const npx = (...args: string[]) =>
    consumer.run('npx', ['--offline', '--no', '--', 'gridmask', ...args])

  test('runs by npx, on the prebuilt binary', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expect(npx('--version')).toBe(`${version}\n`)
    expect(JSON.parse(npx('devices', '--json')).devices[0].backend).toBe('native')
    // Threads find their file in the installed package.
    const { curves } = JSON.parse(npx('failures', '--images', '100', '--xs', '50', '--json'))
    expect(curves['hide-and-seek'][0].probability).toBeGreaterThan(0.1)
  })

  test('asks for sharp where nobody has installed it', () => {
    expect(() => npx('preview', 'package.json')).toThrow(/decoded by sharp, .*: npm install sharp/)
  })
})

// The declarations are read with no help: no types of Node, no library newer than Node 20's, and
// not skipped as `skipLibCheck` would.
describe('the types', () => {
  const strict = '--noEmit --strict --exactOptionalPropertyTypes --skipLibCheck false'
  const bare = '--target es2022 --lib es2022 --types'

  test.each([
    ['node16', 'node16'],
    ['preserve', 'bundler'],
  ])('are right with module %s and moduleResolution %s', (module, moduleResolution) => {
    const sources = ['commonjs.ts', 'module.mts', 'values.ts']
    for (const source of sources)
      copyFileSync(join(root, 'test/types', source), join(consumer.folder, source))
    const resolution = ['--module', module, '--moduleResolution', moduleResolution]
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const args = [tsc, ...strict.split(' '), ...bare.split(' '), '', ...resolution, ...sources]
    expect(outputOf(args)).toBe('')
  })

  // tsc reports on stdout, and exits with an error.
  function outputOf(args: string[]): string {
    try {
      return execFileSync(process.execPath, args, { cwd: consumer.folder, encoding: 'utf8' })
    } catch (error) {
      return (error as { stdout: string }).stdout
    }
  }
})

// Last, since it takes the prebuilt binary away.
describe('on a platform without a prebuilt binary', () => {
  test('the install script builds one from the tarball', () => {
    rmSync(join(consumer.installed, 'prebuilds'), { recursive: true })
    const code = `require('gridmask').keepRatio({ d: 10, ratio: 0.6, angle: 30 }, [50, 50])`
    const load = () => consumer.run(process.execPath, ['-p', code])
    expect(load).toThrow(/ERR_NATIVE_LOAD|could not be loaded/)

    consumer.run('npm', ['rebuild', 'gridmask', '--prefix', consumer.folder], nodeHeaders())
    expect(load()).toBe(`${keepRatio({ d: 10, ratio: 0.6, angle: 30 }, [50, 50])}\n`)
  }, 600_000)
})

function newest(symbols: string, library: string): number {
  const found = symbols.matchAll(new RegExp(`\\(${library}_([\\d.]+)\\)`, 'g'))
  return Math.max(0, ...Array.from(found, ([, text]) => version(text as string)))
}

/** `1.2.3` as a number that can be compared. */
function version(text: string): number {
  return text.split('.').reduce((sum, part, place) => sum + Number(part) * 1000 ** (2 - place), 0)
}
