// What users get from `npm install gridmask`.
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
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
  test('contains what is used or built from, and nothing else', () => {
    const known = [
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|binding\.gyp)$/,
      // Guides for users, since messages and docstrings name them.
      /^docs\/(?!decisions|internals|kernel|paper|testing)[\w-]+\.md$/,
      /^lib\/([\w-]+\/)?[\w-]+\.m?ts$/,
      /^dist\/(?!cli\/|figure5\/)([\w-]+\/)?[\w-]+\.(m?js|d\.m?ts)(\.map)?$/,
      /^dist\/play\.html$/,
      /^dist\/cli\/(main\.js|worker\.js|THIRD-PARTY-LICENSES\.txt)$/,
      /^native\/(addon|cpu|cuda|lattice)\/\w+\.(cc|cu|h|inc)$/,
      // Those of other platforms, if they were made.
      /^prebuilds\/linux-(x64|arm64)\/gridmask\.(glibc|musl)\.node$/,
      /^prebuilds\/(win32-x64|darwin-(x64|arm64))\/gridmask\.node$/,
    ]
    const others = consumer.files.filter((file) => !known.some((pattern) => pattern.test(file)))
    expect(others).toEqual([])
    expect(consumer.files).toContain(prebuilt)
  })

  test('contains the changelog, and every guide that a message or a docstring names', () => {
    const sources = consumer.files.filter((file) => /^(lib|dist\/cli)\/.*s$/.test(file))
    const named = sources.flatMap((file) => {
      const text = readFileSync(join(consumer.installed, file), 'utf8')
      return text.match(/docs\/[\w-]+\.md/g) ?? []
    })
    expect(new Set(named).size).toBeGreaterThan(5)
    expect(consumer.files).toEqual(expect.arrayContaining(['CHANGELOG.md', ...new Set(named)]))
  })

  test('contains what was compiled from each source, and no leftovers', () => {
    const sources = consumer.files.filter((file) => /^lib\/.*(?<!\.d)\.m?ts$/.test(file))
    const compiled = sources.flatMap((source) => {
      const [, name, m] = /^lib\/(.*)\.(m?)ts$/.exec(source) as string[]
      return [`${m}js`, `${m}js.map`, `d.${m}ts`, `d.${m}ts.map`].map(
        (end) => `dist/${name}.${end}`,
      )
    })
    const command = ['main.js', 'worker.js', 'THIRD-PARTY-LICENSES.txt']
    const others = ['dist/play.html', ...command.map((name) => `dist/cli/${name}`)]
    expect(sources).not.toEqual([])
    expect(consumer.files.filter((file) => file.startsWith('dist/'))).toEqual(
      [...compiled, ...others].sort(),
    )
  })
})

describe('what an installation contains', () => {
  test('are the package and the two that a build from source needs', () => {
    const lock = readFileSync(join(consumer.folder, 'node_modules/.package-lock.json'), 'utf8')
    expect(Object.keys(JSON.parse(lock).packages).sort()).toEqual([
      'node_modules/gridmask',
      'node_modules/node-addon-api',
      'node_modules/node-gyp-build',
    ])
  })

  test('are the licences of all packages within the command', () => {
    const folder = join(consumer.installed, 'dist/cli')
    const licenses = readFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), 'utf8')
    const sections = licenses.split(`\n${'-'.repeat(80)}\n\n`).slice(1)
    const names = sections.map((section) => (section.split(' ')[0] as string).trim())
    // What lib/cli/ imports from packages, and what these import.
    expect(names).toEqual(expect.arrayContaining(['cli-progress', 'commander', 'open']))
    const needed = (name: string): string[] => {
      const file = join(root, 'node_modules', name, 'package.json')
      const { dependencies = {} } = JSON.parse(readFileSync(file, 'utf8'))
      return [name, ...Object.keys(dependencies).flatMap(needed)]
    }
    const all = ['cli-progress', 'commander', 'open'].flatMap(needed)
    expect(names.sort()).toEqual([...new Set(all)].sort())
    for (const section of sections) {
      expect(section).toMatch(/copyright .*\d{4}|copyright \(c\)|Copyright Mathias Bynens/i)
      expect(section).toMatch(/permission is hereby granted/i)
    }
    const program = readFileSync(join(folder, 'main.js'), 'utf8')
    const required = program.matchAll(/(?:require|import)\("([^".][^"]*)"\)/g)
    const outside = Array.from(required, ([, name]) => name as string)
    const unknown = outside.filter((name) => !isBuiltin(name) && name !== 'sharp')
    expect([...new Set(unknown)]).toEqual([])
  })
})

describe('the kernels that are shipped for builds without nvcc', () => {
  const image = 'native/cuda/fatbin.inc'

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

  test('asks for sharp if nobody has installed it', () => {
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

    const rebuild = ['rebuild', 'gridmask', '--ignore-scripts=false']
    // -O3 doubles the time, and other tests run what it makes.
    const env = { ...nodeHeaders(), CXXFLAGS: '-O1' }
    consumer.run('npm', [...rebuild, '--prefix', consumer.folder], env)
    expect(load()).toBe(`${keepRatio({ d: 10, ratio: 0.6, angle: 30 }, [50, 50])}\n`)
  }, 600_000)
})
