// SPDX-License-Identifier: MIT
//
// npm run docs [-- --serve]
//
// Writes the site to build/site: the guides of docs/, and a reference from the docstrings.
// GRIDMASK_SITE_BASE is the path that it will be served under, `/` unless set. `--serve` shows it.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, serve } from 'vitepress'
import { writeReference } from './reference.mjs'
import { stagePages } from './stage.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../../', import.meta.url))
const pages = `${here}pages`
const base = process.env.GRIDMASK_SITE_BASE ?? '/'

rmSync(pages, { recursive: true, force: true })
mkdirSync(`${root}build`, { recursive: true })
stagePages(root, pages, base)
cpSync(`${here}icon.svg`, `${pages}/public/icon.svg`)
const names = await writeReference(root, `${pages}/reference`, `${root}build/reference.json`)
writeFileSync(`${pages}/names.json`, JSON.stringify(names))
await build(here)
console.log('The site is in build/site')
if (process.argv.includes('--serve')) await serve({ root: here, base })
