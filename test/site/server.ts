// The site as a static host serves it: files, and nothing else.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { root } from '../process'

export const site = join(root, 'build/site')

/** The path that the site is made for: run.mjs. */
export const base = process.env.GRIDMASK_SITE_BASE ?? '/'

/** Every file, by its path from the site's top. */
export const files = readdirSync(site, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => statSync(join(site, path)).isFile())
  .sort()

export const pages = files.filter((path) => path.endsWith('.html') && path !== '404.html')

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
}

/** @returns the server, and the address of the site's top, without a slash. */
export async function serve(): Promise<{ server: Server; top: string }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const path = normalize(decodeURIComponent(pathname)).replace(/\/$/, '/index.html')
    const file = join(site, path.slice(base.length))
    const found = path.startsWith(base) && existsSync(file) && statSync(file).isFile()
    response.writeHead(found ? 200 : 404, { 'content-type': types[extname(file)] ?? 'text/plain' })
    response.end(found ? readFileSync(file) : 'not found')
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return { server, top: `http://127.0.0.1:${port}${base.slice(0, -1)}` }
}
