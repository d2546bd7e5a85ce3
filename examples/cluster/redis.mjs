// The Redis that keeps the job list: an existing one, or one that this process starts.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { UserError } from './user-error.mjs'

/**
 * @param {string} address a URL, or the path of a socket
 * @returns {Promise<Redis>}
 */
export async function connect(address) {
  // BullMQ waits for a Redis that disappears and comes back.
  const redis = new Redis(address, { maxRetriesPerRequest: null, lazyConnect: true })
  let reason = ''
  redis.on('error', ({ message }) => {
    reason = message
  })
  await redis.connect().catch(({ message }) => {
    redis.disconnect()
    throw new UserError(`There is no Redis at ${address}: ${reason || message}`)
  })
  return redis
}

/**
 * Starts a redis-server on a socket in a temporary folder, which nobody else can open.
 *
 * @returns {Promise<{ address: string, stop: () => Promise<void> }>}
 */
export async function startRedis() {
  const folder = await mkdtemp(join(tmpdir(), 'gridmask-redis-'))
  const address = join(folder, 'redis.sock')
  const settings = ['--port', '0', '--unixsocket', address, '--dir', folder, '--save', '']
  // Detached, so Ctrl-C does not reach it: workers that finish their shards still need it.
  const server = spawn('redis-server', settings, {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const killServer = () => server.kill()
  process.once('exit', killServer)
  const stop = async () => {
    process.off('exit', killServer)
    if (server.pid !== undefined && server.exitCode === null && server.signalCode === null) {
      const ended = once(server, 'exit')
      server.kill()
      await ended
    }
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await once(server, 'spawn')
    await untilReady(server)
    return { address, stop }
  } catch (error) {
    await stop()
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error
    throw new UserError(
      'The job list is kept by Redis, and there is no redis-server here: apt-get install redis-server ' +
        '(Debian, Ubuntu), brew install redis (macOS). Or name one that runs elsewhere: see README.md',
    )
  }
}

/** @param {import('node:child_process').ChildProcess} server */
async function untilReady(server) {
  let said = ''
  await new Promise((resolve, reject) => {
    server.stdout?.on('data', (text) => {
      said += text
      if (said.includes('eady to accept connections')) resolve(undefined)
    })
    server.once('exit', () => reject(new Error(`redis-server has ended: ${said}`)))
  })
}
