// SPDX-License-Identifier: MIT
//
// Formats the C++ sources; with --check, fails if one is not formatted.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('../../', import.meta.url)))

const files = ['native', 'test', 'bench'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    // fatbin.inc is made when the package is packed.
    .filter((name) => /\.(h|cc|cu|inc)$/.test(name) && !name.endsWith('fatbin.inc'))
    .map((name) => join(folder, name)),
)
const { clangFormatPath } = createRequire(import.meta.url)('clang-format-node')
const mode = process.argv.includes('--check') ? ['--dry-run', '-Werror'] : ['-i']
const { status } = spawnSync(clangFormatPath, [...mode, ...files], { stdio: 'inherit' })
process.exit(status ?? 1)
