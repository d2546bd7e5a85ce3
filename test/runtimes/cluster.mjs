// examples/cluster: shards are what Preprocessor makes of the pictures, and no byte of them depends on how
// many workers make them, on which hosts, or on which of them die halfway.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import sharp from 'sharp'
import { installExample } from './examples.mjs'

const NAME = 'examples/cluster'
const [SIZE, EPOCH, SEED, PER_SHARD] = [160, 240, 7, 4]
const settings = ['--size', SIZE, '--epoch', EPOCH, '--seed', SEED, '--per-shard', PER_SHARD]

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** @param {import('./neighbours.mjs').Workplace} place */
export async function tryCluster(place) {
  const { work, report } = place
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    if (process.env.CI) report(NAME, '', false, 'wants redis-server')
    else console.log(`${NAME} is not tried: it wants redis-server`)
    return
  }
  const folder = installExample(place, 'cluster')
  const pictures = join(work, 'pictures')
  const names = await writePictures(pictures)

  const alone = join(work, 'alone')
  const one = run(folder, 'alone', pictures, alone, ...settings)
  report(NAME, 'alone', one.passed, one.said)
  const expected = await batchOf(pictures, names)
  const found = shardsIn(alone).map(({ bytes }) => valuesOf(bytes))
  report(NAME, 'shards are batches', Buffer.concat(found).equals(expected), 'other bytes')

  const here = join(work, 'here')
  const local = run(folder, 'here', pictures, here, ...settings, '--workers', 2)
  report(NAME, 'here', local.passed && sameShards(here, alone), local.said)
  await tryDeaths(place, folder, pictures, alone)
  tryFaults(place, folder, alone)
}

/**
 * A file that is not a picture, and a worker of another version.
 *
 * @param {import('./neighbours.mjs').Workplace} place
 * @param {string} folder @param {string} alone
 */
function tryFaults({ work, report }, folder, alone) {
  const damaged = join(work, 'damaged')
  mkdirSync(damaged)
  writeFileSync(join(damaged, 'torn.jpg'), 'not a picture')
  const torn = run(folder, 'here', damaged, join(work, 'torn'), '--workers', 1)
  report(
    NAME,
    'a torn picture',
    !torn.passed && /Cannot decode torn\.jpg/.test(torn.said),
    torn.said,
  )

  const manifest = join(alone, 'manifest.json')
  const text = readFileSync(manifest, 'utf8')
  writeFileSync(manifest, text.replace(/"libvips": ".*"/, '"libvips": "7.0.0"'))
  const other = run(folder, 'worker', damaged, alone, '--redis', 'redis://127.0.0.1:1')
  const refused = !other.passed && /but the shards are made with 7\.0\.0/.test(other.said)
  report(NAME, 'another version', refused, other.said)
}

/**
 * Two hosts, one of which sees the folders elsewhere. Workers of both are killed in the middle of a
 * shard, and one is paused for so long that another makes its shard.
 *
 * @param {import('./neighbours.mjs').Workplace} place
 * @param {string} folder @param {string} pictures @param {string} alone
 */
async function tryDeaths({ work, report }, folder, pictures, alone) {
  const shards = join(work, 'shards')
  mkdirSync(shards)
  const elsewhere = join(work, 'elsewhere')
  symlinkSync(work, elsewhere)
  const hosts = [work, elsewhere]
  const port = await freePort()
  const redis = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', ''])
  const url = ['--redis', `redis://127.0.0.1:${port}`]
  /** @type {ChildProcess[]} */
  const workers = []
  const addWorkers = () => {
    for (const host of hosts) {
      const folders = [join(host, 'pictures'), join(host, 'shards')]
      workers.push(start(folder, 'worker', ...folders, ...url, '--lock', 1))
    }
  }
  try {
    await once(redis.stdout, 'data')
    await sleep(200)
    const jobs = start(folder, 'jobs', pictures, shards, ...settings, ...url)
    let said = ''
    jobs.stdout?.on('data', (text) => (said += text))
    jobs.stderr?.on('data', (text) => (said += text))
    const ended = once(jobs, 'exit')
    while (!readdirSync(shards).includes('manifest.json')) await sleep(5)

    addWorkers()
    const killed = await inTheMiddle(shards, workers, 'SIGKILL', 2)
    addWorkers()
    const [paused] = await inTheMiddle(shards, workers, 'SIGSTOP', 1)
    const [code] = await ended
    const whole = code === 0 && sameShards(shards, alone)
    report(NAME, `${killed.length} workers killed`, whole, said)

    paused?.kill('SIGCONT')
    const others = workers.filter(({ exitCode, signalCode }) => exitCode === null && !signalCode)
    const ends = others.map((worker) => once(worker, 'exit'))
    for (const worker of others) worker.kill()
    const codes = (await Promise.all(ends)).map(([status]) => status)
    const clean = codes.every((status) => status === 0) && sameShards(shards, alone)
    report(NAME, 'one paused, and going on', clean, `ended with ${codes}: ${readdirSync(shards)}`)
  } finally {
    for (const worker of workers) worker.kill('SIGKILL')
    redis.kill()
  }
}

/**
 * Sends a signal to so many of the workers, each while it is at a shard.
 *
 * @param {string} shards @param {ChildProcess[]} workers
 * @param {'SIGKILL' | 'SIGSTOP'} signal @param {number} count
 */
async function inTheMiddle(shards, workers, signal, count) {
  const hit = new Set()
  while (hit.size < count) {
    await sleep(1)
    const partial = readdirSync(shards).find((name) => {
      const worker = workers.find(({ pid }) => name.endsWith(`-${pid}.partial`))
      return worker && !hit.has(worker) && !worker.killed
    })
    const worker = workers.find(({ pid }) => partial?.endsWith(`-${pid}.partial`))
    if (partial === undefined || worker === undefined) {
      if (workers.every(({ killed }) => killed)) throw new Error('no worker was at a shard')
      continue
    }
    const stopped = signal === 'SIGKILL' ? once(worker, 'exit') : sleep(50)
    worker.kill(signal)
    await stopped
    // Unless it was done with the shard just before.
    if (readdirSync(shards).includes(partial)) hit.add(worker)
    else if (signal === 'SIGSTOP') worker.kill('SIGCONT')
  }
  return [...hit]
}

/** @param {string} folder @param {(string | number)[]} args */
function run(folder, ...args) {
  const command = ['cluster.mjs', ...args.map(String)]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 120_000,
  })
  return { passed: status === 0, said: `${stdout}${stderr}` }
}

/** @param {string} folder @param {(string | number)[]} args */
function start(folder, ...args) {
  return spawn(process.execPath, ['cluster.mjs', ...args.map(String)], { cwd: folder })
}

/**
 * Pictures of several sizes, formats and channels, in folders, and what is no picture.
 *
 * @param {string} folder
 * @returns {Promise<string[]>} their names in the order of their characters' numbers
 */
async function writePictures(folder) {
  mkdirSync(join(folder, 'b'), { recursive: true })
  mkdirSync(join(folder, 'A'))
  writeFileSync(join(folder, 'notes.txt'), 'no picture')
  const kinds = ['A/ä%.jpg', 'b/%.png', 'b/B%.JPG', '%.webp']
  const names = Array.from({ length: 46 }, (_, i) => (kinds[i % 4] ?? '').replace('%', `${i}`))
  await Promise.all(
    names.map((name, i) => {
      const channels = /** @type {3 | 4} */ (name.endsWith('.png') ? 4 : 3)
      const [width, height] = [640 + ((31 * i) % 97), 480 + ((17 * i) % 89)]
      const noise = /** @type {const} */ ({ type: 'gaussian', mean: 60 + 3 * i, sigma: 40 })
      const background = { r: 0, g: 0, b: 0, alpha: 1 }
      return sharp({ create: { width, height, channels, background, noise } }).toFile(
        join(folder, name),
      )
    }),
  )
  return names.sort()
}

/**
 * All pictures in one call.
 *
 * @param {string} folder @param {string[]} names
 */
async function batchOf(folder, names) {
  const side = Math.round((SIZE * 8) / 7)
  const images = await Promise.all(
    names.map((name) =>
      sharp(join(folder, name))
        .resize(side, side, { fit: 'outside' })
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true }),
    ),
  )
  // Not at the top: this file is read before the package is packed, so on a clone before there is an addon.
  const { normalization, Preprocessor, presets } = await import('gridmask')
  const preprocessor = new Preprocessor({
    size: [SIZE, SIZE],
    crop: 'random',
    flip: 0.5,
    normalize: normalization.imagenet,
    gridmask: presets.imagenet,
    seed: SEED,
  })
  const batch = preprocessor.apply(images, { epoch: EPOCH, index: 0 })
  const plane = SIZE * SIZE
  const masked = images.filter((_, i) =>
    batch.subarray(3 * i * plane, 3 * plane * (i + 1)).includes(0),
  )
  if (masked.length < 10) throw new Error('the pictures show no masks')
  return Buffer.from(batch.buffer)
}

/** A file of NumPy's format, read as its definition has it. @param {Buffer} bytes */
function valuesOf(bytes) {
  const end = 10 + bytes.readUInt16LE(8)
  const header = bytes.toString('latin1', 10, end)
  const count = Number(/'shape': \((\d+), 3, 160, 160\)/.exec(header)?.[1])
  const right =
    bytes.toString('latin1', 0, 8) === '\x93NUMPY\x01\x00' &&
    end % 64 === 0 &&
    header.includes("'descr': '<f4', 'fortran_order': False") &&
    bytes.length === end + count * 3 * SIZE * SIZE * 4
  return right ? bytes.subarray(end) : Buffer.alloc(0)
}

/** @param {string} folder */
function shardsIn(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.npy'))
  return names.sort().map((name) => ({ name, bytes: readFileSync(join(folder, name)) }))
}

/** Nothing but shards and manifest, which agree to the byte. @param {string} folder @param {string} other */
function sameShards(folder, other) {
  const names = readdirSync(folder).sort()
  return (
    names.length === Math.ceil(46 / PER_SHARD) + 1 &&
    names.join() === readdirSync(other).sort().join() &&
    names.every((name) => readFileSync(join(folder, name)).equals(readFileSync(join(other, name))))
  )
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      server.close(() => resolve(port))
    })
  })
}
