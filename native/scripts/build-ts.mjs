// SPDX-License-Identifier: MIT
//
// npm run build:ts
//
// Makes dist/ from lib/. tsc compiles it file by file, except for the command, which becomes one file
// that contains the packages only it needs, so that installing the library does not install them. The
// command's modules are also compiled one by one, for the demo and the benchmarks; those are not
// published.
import { spawnSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

process.chdir(fileURLToPath(new URL('../../', import.meta.url)))
const LICENSES = 'dist/cli/THIRD-PARTY-LICENSES.txt'

rmSync('dist', { recursive: true, force: true })
const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']
const { status } = spawnSync(process.execPath, tsc, { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
writeFileSync(LICENSES, licensesOf(await bundleCommand()))
copyFileSync('docs/play/index.html', 'dist/play.html')

/** @returns the folders of the packages in the bundle */
async function bundleCommand() {
  const { metafile, warnings } = await build({
    entryPoints: ['lib/cli/main.ts', 'lib/figure5/worker.ts'],
    outdir: 'dist/cli',
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    // They are in a separate file.
    legalComments: 'none',
    charset: 'utf8',
    external: ['sharp'],
    plugins: [{ name: 'library', setup: leaveLibraryOutside }],
    // `open` looks beside itself for a program that it ships, but works without.
    define: { 'import.meta.url': 'undefined' },
    metafile: true,
    logLevel: 'warning',
  })
  if (warnings.length > 0) process.exit(1)
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs))
  const folders = inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0])
  return [...new Set(folders)].filter((folder) => folder !== undefined).sort()
}

/**
 * The command uses the library that is installed with it: a second copy would duplicate every class. dist/
 * has the layout of lib/, so paths stay as they are.
 *
 * @param {import('esbuild').PluginBuild} plugins
 */
function leaveLibraryOutside(plugins) {
  plugins.onResolve({ filter: /^\.\.\// }, ({ path, importer }) => {
    const ours = /[\\/]lib[\\/](cli|figure5)[\\/][^\\/]+$/.test(importer)
    const bundled = /^\.\.\/(cli|figure5)\//.test(path)
    return ours && !bundled ? { path, external: true } : undefined
  })
}

/** @param {string[]} folders */
function licensesOf(folders) {
  const texts = folders.map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
    if (file === undefined) throw new Error(`${folder} has no licence that could be passed on`)
    return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  const head = 'Packages within the command, dist/cli/main.js, each with its licence.\n'
  return [head, ...texts].join(`\n${'-'.repeat(80)}\n\n`)
}
