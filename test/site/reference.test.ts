// The reference has every public name, and says of each what a user asks: what it is, its parameters,
// what holds where something is left out, its errors, and an example.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import * as baselines from '../../lib/baselines/index'
import * as library from '../../lib/index'
import { root } from '../process'
import { pages } from './server'

interface Tag {
  tag: string
  content: { text: string }[]
}
interface Comment {
  summary: { text: string }[]
  blockTags?: Tag[]
}
interface Reflection {
  name: string
  kind: number
  flags: { isOptional?: boolean }
  comment?: Comment
  children?: Reflection[]
  signatures?: Reflection[]
  parameters?: Reflection[]
  type?: { type: string; name?: string }
}

/** TypeDoc's numbers for kinds. */
const CLASS = 128
const PROPERTY = 1024

const { children: modules } = JSON.parse(
  readFileSync(join(root, 'build/reference.json'), 'utf8'),
) as { children: Reflection[] }
const members = modules.flatMap((module) => module.children ?? [])
const names = new Set(members.map(({ name }) => name))

const textOf = (comment: Comment | undefined) =>
  (comment?.summary ?? []).map(({ text }) => text).join('')
const tagsOf = (comment: Comment | undefined) =>
  (comment?.blockTags ?? []).map(
    ({ tag, content }) => `${tag} ${content.map(({ text }) => text).join('')}`,
  )

/** Those of protocols of the language, which take nothing of a caller's that could be wrong. */
const protocols = ['at', 'toJSON', '[iterator]', '[dispose]']

/** Words that say what holds if a member is left out. */
const absence = /default|without|omitted|instead|need|left out|else|required (if|for)/i

/** What is missing in the docstrings of a function or method. */
function gapsOfSignature(name: string, signature: Reflection): string[] {
  const { comment, parameters = [] } = signature
  const gaps: string[] = []
  if (textOf(comment) === '' && name !== 'constructor') gaps.push(`${name}: no text`)
  if (protocols.includes(name) || parameters.length === 0) return gaps
  const tags = tagsOf(comment)
  const errors = tags.some((tag) =>
    /^@throws [\s\S]*ERR_|^@returns (a promise that )?rejects/.test(tag),
  )
  const last = name === 'constructor' && signature.type?.name === 'GridMaskError'
  if (!errors && !last) gaps.push(`${name}: no errors`)
  for (const parameter of parameters) {
    // A request or options: types with pages of their own.
    const ownPage = parameter.type?.type === 'reference' && names.has(parameter.type.name ?? '')
    const described = textOf(parameter.comment) !== '' || ownPage
    if (!described) gaps.push(`${name}(${parameter.name}): no text`)
  }
  return gaps
}

/** What is missing in the docstrings of a name. */
function gapsOf(member: Reflection): string[] {
  const comment = member.comment ?? member.signatures?.[0]?.comment
  const gaps: string[] = []
  if (textOf(comment) === '') gaps.push('no text')
  if (!tagsOf(comment).some((tag) => tag.startsWith('@example ```ts'))) gaps.push('no example')
  const isRequestOfTensor = member.name.startsWith('Tensor')
  for (const signature of member.signatures ?? [])
    gaps.push(...gapsOfSignature(member.name, signature))
  for (const child of member.children ?? []) {
    for (const signature of child.signatures ?? [])
      gaps.push(...gapsOfSignature(child.name, signature))
    if (child.kind !== PROPERTY) continue
    const text = textOf(child.comment)
    // What a tensor says of itself, as that request's own text has it.
    if (isRequestOfTensor && ['shape', 'layout', 'dtype', 'out'].includes(child.name)) continue
    if (text === '') gaps.push(`${child.name}: no text`)
    const inGeneral = textOf(comment).includes(`Without \`d\``) && /^(d|ratio)$/.test(child.name)
    if (child.flags.isOptional && member.kind !== CLASS && !absence.test(text) && !inGeneral) {
      gaps.push(`${child.name}: no default`)
    }
  }
  return gaps
}

test('every value that the package exports is in it', () => {
  const values = [...Object.keys(library), ...Object.keys(baselines)]
  expect(values.filter((name) => !names.has(name))).toEqual([])
})

test('every type that the package exports is in it', () => {
  const files = ['lib/index.mts', 'lib/baselines/index.mts']
  const types = files.flatMap((file) => {
    const [, list = ''] =
      /export type \{([^}]*)\}/.exec(readFileSync(join(root, file), 'utf8')) ?? []
    return list.match(/\w+/g) ?? []
  })
  expect(types.length).toBeGreaterThan(50)
  expect(types.filter((name) => !names.has(name))).toEqual([])
})

test('every name has a page', () => {
  const missing = [...names].filter(
    (name) =>
      !pages.includes(`reference/${name}.html`) && !pages.includes(`reference/types/${name}.html`),
  )
  expect(missing).toEqual([])
})

describe('says all that is asked of', () => {
  test.each(members.map((member) => [member.name, member] as const))('%s', (_, member) => {
    expect(gapsOf(member)).toEqual([])
  })
})

test('anything missing would be found', () => {
  const comment = { summary: [{ text: 'It does.' }] }
  const parameters = [{ name: 'n', kind: 1, flags: {}, type: { type: 'intrinsic' } }]
  const bare = {
    name: 'bare',
    kind: 64,
    flags: {},
    signatures: [{ name: 'bare', kind: 1, flags: {}, parameters, comment }],
  }
  expect(gapsOf(bare)).toEqual(['no example', 'bare: no errors', 'bare(n): no text'])
  const size = { name: 'size', kind: PROPERTY, flags: { isOptional: true }, comment }
  expect(gapsOf({ name: 'Options', kind: 256, flags: {}, children: [size] })).toEqual([
    'no text',
    'no example',
    'size: no default',
  ])
})
