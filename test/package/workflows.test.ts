// What can be checked about the workflows without running them.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import manifest from '../../package.json'
import { root } from './consumer'

interface Step {
  uses?: string
  run?: string
  with?: Record<string, unknown>
}
interface Job {
  needs?: string | string[]
  steps: Step[]
  permissions?: Record<string, string>
  if?: string
}
interface Workflow {
  permissions: Record<string, string>
  jobs: Record<string, Job>
}

const folder = join(root, '.github/workflows')

/** Jobs that may do more than read, and what. */
const writers: Record<string, Record<string, string>> = {
  publish: { contents: 'read', 'id-token': 'write' },
  deploy: { pages: 'write', 'id-token': 'write' },
}

describe.each(readdirSync(folder))('%s', (name) => {
  const text = readFileSync(join(folder, name), 'utf8')
  const { permissions, jobs } = parse(text) as Workflow
  const steps = Object.values(jobs).flatMap((job) => job.steps)

  test('pins every action to a commit, and says which version that is', () => {
    const uses = text.split('\n').filter((line) => line.includes('uses:'))
    expect(uses.length).toBeGreaterThan(0)
    for (const line of uses) {
      expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    }
  })

  test('may write nothing but what publishing and deploying need', () => {
    expect(permissions).toEqual({ contents: 'read' })
    for (const [job, { permissions: own }] of Object.entries(jobs)) {
      expect([job, own]).toEqual([job, writers[job]])
    }
  })

  test('runs scripts that exist, and needs jobs that exist', () => {
    const scripts = steps.flatMap(({ run = '' }) =>
      Array.from(run.matchAll(/npm run ([\w:]+)/g), ([, script]) => script as string),
    )
    for (const script of scripts) expect(Object.keys(manifest.scripts)).toContain(script)
    for (const { needs = [] } of Object.values(jobs)) {
      for (const needed of [needs].flat()) expect(Object.keys(jobs)).toContain(needed)
    }
  })
})

test('a release takes every artifact that it packs from a job that makes it', () => {
  const { jobs } = parse(readFileSync(join(folder, 'release.yml'), 'utf8')) as Workflow
  const named = (action: string) =>
    Object.values(jobs)
      .flatMap(({ steps }) => steps)
      .filter(({ uses }) => uses?.startsWith(`actions/${action}@`))
      .flatMap(({ with: settings }) => (settings?.name as string) ?? [])
  const made = named('upload-artifact')
  for (const taken of named('download-artifact')) expect(made).toContain(taken)
  expect(made.filter((name) => name.startsWith('prebuild-')).sort()).toEqual([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: GitHub's own syntax
    'prebuild-darwin-${{ matrix.cpu }}',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the same
    'prebuild-linux-${{ matrix.cpu }}-musl',
    'prebuild-linux-arm64-glibc',
    'prebuild-linux-x64-glibc',
    'prebuild-win32-x64',
  ])
  expect(jobs.publish?.if).toBe("github.ref_type == 'tag'")
})
