// The reference: a page for each public name, from its docstring, and an index of them by topic.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Application, ReflectionKind } from 'typedoc'
import { MemberRouter } from 'typedoc-plugin-markdown'
import { topics } from './contents.mjs'

const values = ReflectionKind.Class | ReflectionKind.Function | ReflectionKind.Variable

/**
 * GridMask, but types/GridMaskOptions: so `GridMix` and `gridmix` are two files even if case does not count.
 *
 * @param {import('typedoc').Reflection} reflection
 */
function nameOf(reflection) {
  if (reflection.kindOf(ReflectionKind.Module)) return `entry-points/${reflection.name}`
  return reflection.kindOf(values) ? reflection.name : `types/${reflection.name}`
}

class Router extends MemberRouter {
  getIdealBaseName = nameOf
}

/**
 * @param {string} root the repository's folder
 * @param {string} out a folder for the pages
 * @param {string} json a file for everything that TypeDoc found, for tests
 * @returns {Promise<Record<string, string>>} each public name's page
 */
export async function writeReference(root, out, json) {
  const app = await Application.bootstrapWithPlugins({
    entryPoints: [`${root}lib/index.ts`, `${root}lib/baselines/index.ts`],
    tsconfig: `${root}tsconfig.build.json`,
    plugin: ['typedoc-plugin-markdown'],
    readme: 'none',
    router: 'gridmask',
    disableSources: true,
    excludeInternal: true,
    excludeExternals: true,
    excludePrivate: true,
    excludeProtected: true,
    sort: ['source-order'],
    kindSortOrder: ['Class', 'Function', 'Variable', 'Interface', 'TypeAlias'],
    treatWarningsAsErrors: true,
    logLevel: 'Warn',
    intentionallyNotExported: ['floatTypes', 'MaskParams'],
    // Options of the plugin.
    hidePageHeader: true,
    hideBreadcrumbs: true,
    parametersFormat: 'table',
    pageTitleTemplates: { member: '{name}' },
    outputs: [
      { name: 'markdown', path: out },
      { name: 'json', path: json },
    ],
  })
  app.renderer.defineRouter('gridmask', Router)
  const project = await app.convert()
  if (project === undefined) throw new Error('TypeDoc could not read the package')
  app.validate(project)
  await app.generateOutputs(project)
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error('See the warnings above')

  // The plugin makes pages for modules; the index here replaces them.
  rmSync(`${out}/entry-points`, { recursive: true })
  rmSync(`${out}/README.md`)
  const members = project.children?.flatMap((module) => module.children ?? []) ?? []
  const pages = Object.fromEntries(members.map((member) => [member.name, `${nameOf(member)}.md`]))
  checkTopics(Object.keys(pages))
  const summaries = new Map(members.map((member) => [member.name, summaryOf(member)]))
  for (const page of Object.values(pages)) {
    const file = `${out}/${page}`
    writeFileSync(file, linkErrors(withoutInternals(readFileSync(file, 'utf8'))))
  }
  mkdirSync(out, { recursive: true })
  writeFileSync(`${out}/index.md`, indexOf(pages, summaries))
  const links = Object.entries(pages).map(([name, page]) => [
    name,
    `/reference/${page.replace(/\.md$/, '')}`,
  ])
  return Object.fromEntries(links)
}

/** @param {string[]} names */
function checkTopics(names) {
  const listed = Object.values(topics).flat()
  const unlisted = names.filter((name) => !listed.includes(name))
  const gone = listed.filter((name) => !names.includes(name))
  const twice = listed.filter((name, i) => listed.indexOf(name) !== i)
  if (unlisted.length + gone.length + twice.length === 0) return
  throw new Error(
    `docs/site/contents.mjs, topics: add [${unlisted}], remove [${gone}], listed twice [${twice}]`,
  )
}

/** The first sentence of a docstring, links as words. @param {import('typedoc').DeclarationReflection} member */
function summaryOf(member) {
  const comment = member.comment ?? member.signatures?.[0]?.comment
  const text = (comment?.summary ?? []).map(({ text }) => text).join('')
  const [sentence = ''] = /^[\s\S]*?(?:[.:](?=\s|$)|$)/.exec(text) ?? []
  return sentence.replaceAll(/\s+/g, ' ').replace(/:$/, '.')
}

/** @param {Record<string, string>} pages @param {Map<string, string>} summaries */
function indexOf(pages, summaries) {
  const sections = Object.entries(topics).map(([topic, names]) => {
    const rows = names.map((name) => `| [${name}](${pages[name]}) | ${summaries.get(name)} |`)
    return `## ${topic}\n\n| name | |\n|---|---|\n${rows.join('\n')}\n`
  })
  return `# Reference\n\nEvery name that \`gridmask\` and \`gridmask/baselines\` export.\n\n${sections.join('\n')}`
}

/** Shows what a member is inherited from, or a class extends, if that has a page. @param {string} text */
function withoutInternals(text) {
  return text.replaceAll(
    /^#+ (?:Extends|Inherited from|Overrides|Implementation of|Implements|Extended by)\n+(?!.*\]\()[^#]*/gm,
    '',
  )
}

/** Error codes link to what can be done about them. @param {string} text */
function linkErrors(text) {
  return text.replaceAll(/`?\b(ERR_[A-Z_]+)\b`?/g, (whole, code, at) => {
    const quoted = text[at - 1] === '"' || text[at - 1] === '\\'
    return quoted || isInCode(text, at) ? whole : `[\`${code}\`](/errors#${code.toLowerCase()})`
  })
}

/** @param {string} text @param {number} at */
function isInCode(text, at) {
  return (text.slice(0, at).match(/^```/gm) ?? []).length % 2 === 1
}
