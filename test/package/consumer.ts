// A project that has installed the packed tarball, as its users do: without a network.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const root = join(__dirname, '..', '..')

export interface Consumer {
  /** The project's folder. */
  folder: string
  /** The installed package's folder. */
  installed: string
  /** The tarball's files, sorted. */
  files: string[]
  run(command: string, args: string[], env?: NodeJS.ProcessEnv): string
  remove(): void
}

/** What docs/install.md tells readers to pack, besides gridmask, on a machine with a network. */
const dependencies = ['node-gyp-build', 'node-addon-api']

/**
 * Packs what is built, with a fresh prebuilt binary, and installs it as docs/install.md says: offline,
 * without install scripts, and here with an empty cache.
 */
export function installTarball(): Consumer {
  const folder = mkdtempSync(join(tmpdir(), 'gridmask-consumer-'))
  const run: Consumer['run'] = (command, args, env = {}) =>
    execFileSync(command, args, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })

  run(process.execPath, [join(root, 'native/scripts/prebuild.mjs')])
  const report = run('npm', ['pack', root, '--json', '--ignore-scripts'])
  const [{ filename, files: packed }] = JSON.parse(report)

  const tarballs = dependencies.map((name) => {
    const report = run('npm', [
      'pack',
      join(root, 'node_modules', name),
      '--json',
      '--ignore-scripts',
    ])
    return JSON.parse(report)[0].filename as string
  })

  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const quiet = ['--no-audit', '--no-fund', '--cache', join(folder, 'cache'), '--prefix', folder]
  const files = [filename, ...tarballs].map((name) => `./${name}`)
  run('npm', ['install', ...files, '--offline', '--ignore-scripts', ...quiet])

  return {
    folder,
    installed: join(folder, 'node_modules', 'gridmask'),
    files: packed.map(({ path }: { path: string }) => path).sort(),
    run,
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** If Node came with its own headers, node-gyp need not download them. */
export function nodeHeaders(): NodeJS.ProcessEnv {
  const nodedir = resolve(process.execPath, '..', '..')
  return existsSync(join(nodedir, 'include/node/node_api.h')) ? { npm_config_nodedir: nodedir } : {}
}
