import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitepress'
import { background, guides, topics } from '../contents.mjs'
import { linkNames } from './link-names.mjs'
import { neighboursOf } from './neighbours.mjs'

/** Each public name's page: docs/site/reference.mjs. @type {Record<string, string>} */
const names = JSON.parse(readFileSync(new URL('../pages/names.json', import.meta.url), 'utf8'))

const topicsOfNames = Object.entries(topics).map(([text, listed]) => ({
  text,
  collapsed: true,
  items: listed.map((name) => ({ text: name, link: names[name] })),
}))
const reference = {
  text: 'Reference',
  items: [
    { text: 'At a glance', link: '/api' },
    { text: 'All names', link: '/reference/' },
    { text: 'Presets', link: names.presets },
    { text: 'Command line', link: '/cli' },
  ],
}

const base = process.env.GRIDMASK_SITE_BASE ?? '/'

export default defineConfig({
  srcDir: 'pages',
  outDir: '../../build/site',
  cacheDir: '../../build/site-cache',
  base,
  head: [['link', { rel: 'icon', href: `${base}icon.svg` }]],
  lang: 'en',
  title: 'gridmask',
  description: 'The GridMask augmentation for JavaScript: guides, reference, and the paper',
  // For any static host: addresses end in .html, and nothing is fetched from elsewhere.
  cleanUrls: false,
  // The interactive page is a separate file.
  ignoreDeadLinks: [/\/play\//],
  transformPageData: ({ relativePath, frontmatter }) => {
    Object.assign(frontmatter, neighboursOf(`/${relativePath.replace(/\.md$/, '')}`))
  },
  markdown: {
    // GitHub's names for headings, so that a link within docs/ is right in both places.
    anchor: {
      slugify: (heading) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
          .trim()
          .replaceAll(' ', '-'),
    },
    config: (md) => linkNames(md, names),
  },
  // The search index is one file, and therefore large.
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  themeConfig: {
    logo: '/icon.svg',
    nav: [
      { text: 'Guide', link: '/getting-started', activeMatch: '^/(?!reference|play)' },
      { text: 'Reference', link: '/reference/', activeMatch: '^/reference/' },
      { text: 'Play', link: '/play/index.html', target: '_self' },
    ],
    sidebar: {
      '/': [...guides, reference, ...background],
      '/reference/': [{ text: 'Reference', link: '/reference/' }, ...topicsOfNames],
    },
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    docFooter: { prev: 'Before', next: 'Next' },
  },
})
