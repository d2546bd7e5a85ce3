// SPDX-License-Identifier: MIT
//
// What a binary says of itself: for which machine it is, what it offers and what it needs. Reads the
// tables that a loader reads, of the three formats, and trusts none of them: a damaged file is told
// as one.
import { readFileSync } from 'node:fs'

/**
 * @typedef {{
 *   format: 'ELF' | 'PE' | 'Mach-O'
 *   cpu: string
 *   exports: string[]
 *   needed: string[]
 *   versions: string[]
 * }} Binary `versions` are those that an ELF file asks of its libraries, such as 'GLIBC_2.17'.
 */

/** @param {string} path @returns {Binary} Throws an Error that says what is wrong with the file. */
export function inspect(path) {
  const bytes = readFileSync(path)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const file = { bytes, view }
  try {
    if (bytes.length < 64) throw new RangeError()
    const magic = view.getUint32(0, true)
    if (magic === 0x464c457f) return inspectElf(file)
    if (magic === 0xfeedfacf) return inspectMachO(file)
    if ((magic & 0xffff) === 0x5a4d) return inspectPe(file)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new Error(`${path}: cut short or damaged, ${bytes.length} bytes`)
  }
  throw new Error(`${path}: neither ELF nor PE nor Mach-O of 64 bits`)
}

/** @typedef {{ bytes: Buffer, view: DataView }} File */

/** Text up to its zero. @param {File} file @param {number} at */
function textAt({ bytes }, at) {
  const end = bytes.indexOf(0, at)
  if (at < 0 || at >= bytes.length || end < 0) throw new RangeError()
  return bytes.toString('latin1', at, end)
}

/** @param {File} file @param {number} at */
function wordAt({ view }, at) {
  return view.getUint32(at, true)
}

/** @param {File} file @param {number} at */
function longAt({ view }, at) {
  return Number(view.getBigUint64(at, true))
}

/** @param {number} machine @param {Record<string, number>} known */
function nameOfMachine(machine, known) {
  return Object.keys(known).find((name) => known[name] === machine) ?? `machine ${machine}`
}

/** @param {File} file @returns {Binary} */
function inspectElf(file) {
  const { view } = file
  const machine = view.getUint16(18, true)
  const at = longAt(file, 40)
  const sections = Array.from({ length: view.getUint16(60, true) }, (_, i) => {
    const section = at + i * view.getUint16(58, true)
    return {
      type: wordAt(file, section + 4),
      offset: longAt(file, section + 24),
      size: longAt(file, section + 32),
      link: wordAt(file, section + 40),
      info: wordAt(file, section + 44),
    }
  })
  if (sections.length === 0) throw new RangeError()
  const ofType = (/** @type {number} */ type) => sections.find((section) => section.type === type)
  const [DYNAMIC, SYMBOLS, VERSIONS_NEEDED] = [6, 11, 0x6ffffffe].map(ofType)
  const stringsOf = (/** @type {{ link: number }} */ { link }) => sections[link]?.offset ?? -1

  const needed = []
  if (DYNAMIC) {
    for (let entry = DYNAMIC.offset; entry < DYNAMIC.offset + DYNAMIC.size; entry += 16) {
      if (longAt(file, entry) === 1) {
        needed.push(textAt(file, stringsOf(DYNAMIC) + longAt(file, entry + 8)))
      }
    }
  }
  const exports = []
  if (SYMBOLS) {
    for (let symbol = SYMBOLS.offset; symbol < SYMBOLS.offset + SYMBOLS.size; symbol += 24) {
      const global = view.getUint8(symbol + 4) >> 4 !== 0
      const defined = view.getUint16(symbol + 6, true) !== 0
      const name = textAt(file, stringsOf(SYMBOLS) + wordAt(file, symbol))
      if (global && defined && name !== '') exports.push(name)
    }
  }
  const versions = new Set()
  if (VERSIONS_NEEDED) {
    let library = VERSIONS_NEEDED.offset
    for (let i = 0; i < VERSIONS_NEEDED.info; i++) {
      let version = library + wordAt(file, library + 8)
      for (let k = 0; k < view.getUint16(library + 2, true); k++) {
        versions.add(textAt(file, stringsOf(VERSIONS_NEEDED) + wordAt(file, version + 8)))
        version += wordAt(file, version + 12)
      }
      library += wordAt(file, library + 12)
    }
  }
  const cpu = nameOfMachine(machine, { x64: 62, arm64: 183 })
  return { format: 'ELF', cpu, exports, needed, versions: [...versions] }
}

/** @param {File} file @returns {Binary} */
function inspectPe(file) {
  const { view } = file
  const header = wordAt(file, 60)
  if (wordAt(file, header) !== 0x4550) throw new RangeError()
  const machine = view.getUint16(header + 4, true)
  const optional = header + 24
  const sectionsAt = optional + view.getUint16(header + 20, true)
  const count = view.getUint16(header + 6, true)
  /** Where an address of the loaded image lies in the file. @param {number} address */
  const offsetOf = (address) => {
    for (let i = 0; i < count; i++) {
      const section = sectionsAt + 40 * i
      const from = wordAt(file, section + 12)
      const size = Math.max(wordAt(file, section + 8), wordAt(file, section + 16))
      if (address >= from && address < from + size) {
        return address - from + wordAt(file, section + 20)
      }
    }
    throw new RangeError()
  }
  const directory = (/** @type {number} */ i) => wordAt(file, optional + 112 + 8 * i)

  const exports = []
  if (directory(0) !== 0) {
    const table = offsetOf(directory(0))
    const names = offsetOf(wordAt(file, table + 32))
    for (let i = 0; i < wordAt(file, table + 24); i++) {
      exports.push(textAt(file, offsetOf(wordAt(file, names + 4 * i))))
    }
  }
  const needed = []
  // Libraries that are loaded with it, then those at their first use.
  for (const [number, size, name] of /** @type {const} */ ([
    [1, 20, 12],
    [13, 32, 4],
  ])) {
    if (directory(number) === 0) continue
    for (let at = offsetOf(directory(number)); wordAt(file, at + name) !== 0; at += size) {
      needed.push(textAt(file, offsetOf(wordAt(file, at + name))))
    }
  }
  const cpu = nameOfMachine(machine, { x64: 0x8664, arm64: 0xaa64 })
  return { format: 'PE', cpu, exports, needed, versions: [] }
}

/** @param {File} file @returns {Binary} */
function inspectMachO(file) {
  const { view } = file
  const machine = wordAt(file, 4)
  const needed = []
  const exports = []
  let command = 32
  for (let i = 0; i < wordAt(file, 16); i++) {
    const kind = wordAt(file, command) & 0x7fffffff
    // LC_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB, LC_REEXPORT_DYLIB
    if (kind === 0xc || kind === 0x18 || kind === 0x1f) {
      needed.push(textAt(file, command + wordAt(file, command + 8)))
    }
    if (kind === 2) {
      const [symbols, count, strings] = [8, 12, 16].map((at) => wordAt(file, command + at))
      for (let k = 0; k < /** @type {number} */ (count); k++) {
        const symbol = /** @type {number} */ (symbols) + 16 * k
        const type = view.getUint8(symbol + 4)
        // External and defined, neither private nor for debuggers.
        const shown = (type & 0xf1) === 1 && (type & 0x0e) !== 0
        if (shown)
          exports.push(textAt(file, /** @type {number} */ (strings) + wordAt(file, symbol)))
      }
    }
    command += wordAt(file, command + 4)
  }
  const cpu = nameOfMachine(machine, { x64: 0x01000007, arm64: 0x0100000c })
  // Names in Mach-O begin with the underscore of C.
  return {
    format: 'Mach-O',
    cpu,
    exports: exports.map((name) => name.slice(1)),
    needed,
    versions: [],
  }
}
