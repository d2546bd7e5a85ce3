// SPDX-License-Identifier: MIT
//
// Runs the CUDA suites on a real driver: the one that GRIDMASK_CUDA_DRIVER names, or the system's.
// What only the test driver can show is skipped.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { cudaStatus } = createRequire(import.meta.url)(root)
const status = cudaStatus()
console.log(status.message)
if (!status.available) process.exit(1)

const jest = fileURLToPath(new URL('../../node_modules/jest/bin/jest.js', import.meta.url))
const args = ['--expose-gc', jest, 'test/cuda', ...process.argv.slice(2)]
const env = { ...process.env, GRIDMASK_TEST_GPU: '1' }
process.exit(spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1)
