// SPDX-License-Identifier: MIT
//
// Writes docs/play/index.html, one file that needs no other: src/page.html with the style and the program
// of src/ inserted. `--check` writes nothing, and fails if the file differs from what would be written. The
// program is bundled with the library's own lib/fallback/reference.ts.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
const target = `${here}index.html`

const page = await pageOf()
if (!process.argv.includes('--check')) writeFileSync(target, page)
else if (readFileSync(target, 'utf8') !== page) {
  console.error('docs/play/index.html is not what its sources make: npm run build:page')
  process.exitCode = 1
}

async function pageOf() {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: ['src/main.ts', 'src/style.css'],
    outdir: 'out',
    bundle: true,
    minify: true,
    write: false,
    charset: 'utf8',
    // The oldest browsers with everything that the page uses.
    target: ['chrome111', 'firefox115', 'safari16.4'],
    loader: { '.jpg': 'dataurl' },
    legalComments: 'none',
  })
  /** @param {string} end */
  const output = (end) => {
    const file = outputFiles.find(({ path }) => path.endsWith(end))
    if (file === undefined) throw new Error(`esbuild wrote no ${end}`)
    return file.text.trim()
  }
  const program = output('.js')
  if (/<\/script|<!--/i.test(program)) throw new Error('The program would end its own element.')
  // Replaced by functions: a `$` in a program means itself.
  return readFileSync(`${here}src/page.html`, 'utf8')
    .replace('/* style.css */', () => output('.css'))
    .replace('/* main.ts */', () => program)
}
