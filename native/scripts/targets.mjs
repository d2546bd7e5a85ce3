// SPDX-License-Identifier: MIT
//
// The platforms that have a prebuilt binary, and what each of them must be like.

/**
 * `os`, `cpu` and `libc` in the words of Node and node-gyp-build. `compiler` is what cross-compiles
 * for it from another machine: GCC's of that name, or zig for the triple.
 *
 * @typedef {{
 *   os: 'linux' | 'win32' | 'darwin'
 *   cpu: 'x64' | 'arm64'
 *   libc?: 'glibc' | 'musl'
 *   format: 'ELF' | 'PE' | 'Mach-O'
 *   cuda: boolean
 *   system: string
 *   compiler: { gcc: string, package: string } | { zig: string }
 * }} Target
 */

/** NVIDIA has no driver for musl and none for macOS. @type {Target[]} */
export const targets = [
  {
    os: 'linux',
    cpu: 'x64',
    libc: 'glibc',
    format: 'ELF',
    cuda: true,
    system: 'Linux',
    compiler: { gcc: 'x86_64-linux-gnu-g++', package: 'g++' },
  },
  {
    os: 'linux',
    cpu: 'arm64',
    libc: 'glibc',
    format: 'ELF',
    cuda: true,
    system: 'Linux',
    compiler: { gcc: 'aarch64-linux-gnu-g++', package: 'g++-aarch64-linux-gnu' },
  },
  {
    os: 'linux',
    cpu: 'x64',
    libc: 'musl',
    format: 'ELF',
    cuda: false,
    system: 'Linux',
    compiler: { zig: 'x86_64-linux-musl' },
  },
  {
    os: 'linux',
    cpu: 'arm64',
    libc: 'musl',
    format: 'ELF',
    cuda: false,
    system: 'Linux',
    compiler: { zig: 'aarch64-linux-musl' },
  },
  {
    os: 'win32',
    cpu: 'x64',
    format: 'PE',
    cuda: true,
    system: 'Windows',
    compiler: { gcc: 'x86_64-w64-mingw32-g++-posix', package: 'g++-mingw-w64-x86-64-posix' },
  },
  {
    os: 'darwin',
    cpu: 'x64',
    format: 'Mach-O',
    cuda: false,
    system: 'Darwin',
    compiler: { zig: 'x86_64-macos.11.0' },
  },
  {
    os: 'darwin',
    cpu: 'arm64',
    format: 'Mach-O',
    cuda: false,
    system: 'Darwin',
    compiler: { zig: 'aarch64-macos.11.0' },
  },
]

/** @param {Target} target */
export function nameOf({ os, cpu, libc }) {
  return [os, cpu, ...(libc ? [libc] : [])].join('-')
}

/** Where node-gyp-build looks for it, from the package's root. @param {Target} target */
export function fileOf({ os, cpu, libc }) {
  return `prebuilds/${os}-${cpu}/gridmask${libc ? `.${libc}` : ''}.node`
}

/** Whether this process could load it. @param {Target} target */
export function isNative({ os, cpu, libc }) {
  return os === process.platform && cpu === process.arch && libc === libcOfProcess()
}

function libcOfProcess() {
  if (process.platform !== 'linux') return undefined
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (
    process.report.getReport()
  )
  return header.glibcVersionRuntime ? 'glibc' : 'musl'
}
