// Files and names are looked up by libuv's own threads, of which there are few: work that is under way
// takes none of them.
import { expect, test } from '@jest/globals'
import { clean, runFixture } from './support'

test('a file is read while eight applyAsync are in progress and libuv has one thread', async () => {
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }
  expect(await runFixture('libuv-threads', ['-', 'apply'], env)).toEqual(clean(0, 'true\n8\n'))
}, 60_000)
