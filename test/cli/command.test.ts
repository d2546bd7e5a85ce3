// What holds for the command as a whole: help, version, how errors are told, and what is not loaded.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { cudaStatus, devices } from '../../lib/index'
import manifest from '../../package.json'
import { driverPath } from '../cuda/support'
import { root, temporaryFolder } from '../process'
import { expectComplaint, gridmask, jsonOf } from './support'

const folder = temporaryFolder('cli')
const commands = ['preview', 'failures', 'bench', 'devices']

describe('help', () => {
  test('says what ratio means, and names every command', () => {
    const { status, stdout, stderr } = gridmask(['--help'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/ratio +width of the stripe that is KEPT/)
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'))
  })

  test.each(commands)('of %s prints without an error, and names --json', (command) => {
    const { status, stdout, stderr } = gridmask([command, '--help'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain(`Usage: gridmask ${command} `)
    expect(stdout).toMatch(/--json /)
  })

  test('is printed if there is no command, which is not a success', () => {
    const { status, stdout, stderr } = gridmask([])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toBe(gridmask(['--help']).stdout)
  })
})

test('--version is that of the package', () => {
  expect(gridmask(['--version'])).toEqual({
    status: 0,
    stdout: `${manifest.version}\n`,
    stderr: '',
  })
})

describe('a command that is not understood is reported in one line, with status 2', () => {
  test.each([
    [['paint'], /unknown command 'paint'/],
    [['preview'], /missing required argument 'photos'/],
    [['failures', '--imags', '3'], /unknown option '--imags' \(Did you mean --images\?\)/],
    [['failures', '--images', '0'], /--images.* '0' is invalid.*a whole number from 1 to/],
    [['failures', '--images', '1e3'], /--images.* '1e3' is invalid/],
    [['failures', '--xs', '20,10'], /--xs.* '20,10' is invalid.*growing/],
    [['failures', '--xs', '10,,20'], /--xs.* is invalid/],
    [['failures', '--seed', '-1'], /--seed.* '-1' is invalid.*from 0 to 9007199254740991/],
    [['failures', '--json', '-o', '-'], /'--json' and '-o -' are both for standard output/],
    [['failures', '--objects', 'round'], /Allowed choices are rectangles, squares/],
    [['preview', 'a.jpg', '--preset', 'mnist'], /Allowed choices are imagenet, cifar10/],
    [['preview', 'a.jpg', '--ratio', 'half'], /--ratio.* 'half' is invalid.*a number/],
    [['preview', 'a.jpg', '--unit', '1:2:3'], /--unit.* '1:2:3' is invalid.*MIN:MAX/],
    [['preview', 'a.jpg', '--unit', '96-224'], /a range MIN:MAX, such as 96:224\.$/],
    [['preview', 'a.jpg', '--unit', '[96, 224]'], /a range MIN:MAX, such as 96:224\.$/],
    [['preview', 'a.jpg', '--ratio', '.4..0.6'], /a range MIN:MAX, such as \.4:0\.6\.$/],
    [
      ['preview', 'a.jpg', '--ratio', '0,6'],
      /a number \(0\.6\) or a range MIN:MAX, such as 0:6\.$/,
    ],
    [['preview', 'a.jpg', '--epoch', '1,5'], /a number with a point: 1\.5$/],
    [['preview', 'a.jpg', '--size', '0x9'], /--size.* '0x9' is invalid.*WIDTHxHEIGHT/],
    [['preview', 'a.jpg', '--size', '640×480'], /WIDTHxHEIGHT.* such as 640x480\.$/],
    [['preview', 'a.jpg', '--fill', '1,red'], /--fill.* '1,red' is invalid/],
    [['preview', 'a.jpg', '--fill', '#7c7468'], /one for each channel: 124,116,104$/],
    [['preview', 'a.jpg', '--seed', '-1'], /from 0 to 18446744073709551615\.$/],
    [['preview', 'a.jpg', '--seed', '18446744073709551616'], /from 0 to 18446744073709551615\.$/],
    [['preview', '-', '-'], /standard input is only one photograph/],
    [['preview', 'a.jpg', '--json', '-o', '-'], /both for standard output/],
    [['preview', '\u001b[2J\n', '--size', '\u001b'], /--size.* '\\u001b' is invalid/],
    [['bench', '--threads', '0'], /--threads.* '0' is invalid/],
    [['devices', 'all'], /too many arguments/],
  ])('%j', (args, message) => {
    const told = new RegExp(`^gridmask: .*${message.source}`)
    expectComplaint(args, 2, told)
  })
})

describe('devices', () => {
  test('are those that the library finds', () => {
    const found = JSON.parse(JSON.stringify({ devices: devices(), cuda: cudaStatus() }))
    expect(jsonOf(['devices'])).toEqual(found)
  })

  test('are printed in words, with the reason why there is no CUDA', () => {
    const env = { GRIDMASK_CUDA_DRIVER: '/no/such/libcuda.so' }
    const { status, stdout, stderr } = gridmask(['devices'], { env })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^cpu: .+, \d+ threads?, native code \(\w+\)\nCUDA: .+ \(no-driver\)\n$/)
  })

  test('include the GPUs of a driver', () => {
    const env = { GRIDMASK_CUDA_DRIVER: driverPath }
    const found = jsonOf(['devices'], { env })
    expect(found.cuda.available).toBe(true)
    expect(found.devices[1].id).toBe('cuda:0')
    const { stdout } = gridmask(['devices'], { env })
    expect(stdout).toContain(`cuda:0: ${found.devices[1].name}, `)
    expect(stdout).toMatch(/^CUDA: .+$/m)
  })
})

test('an addon that does not load is reported in one line', () => {
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  mkdirSync(join(folder, 'build/Release'), { recursive: true })
  writeFileSync(join(folder, 'build/Release/gridmask.node'), 'damaged')
  const program = join(folder, 'dist/cli/main.js')
  expectComplaint(['devices'], 1, /^gridmask: .*could not be loaded/, { program })
})

const onUnix = process.platform === 'win32' ? test.skip : test
onUnix('a reader that has seen enough is no fault', () => {
  const script = `"${process.execPath}" dist/cli/main.js failures --help | true`
  const told = execFileSync('sh', ['-c', `{ ${script}; } 2>&1`], { cwd: root, encoding: 'utf8' })
  expect(told).toBe('')
})

test('the library loads nothing of the command', () => {
  const code = `
    const all = () => Object.keys(require.cache)
    require('./dist')
    console.log(JSON.stringify(all().filter((file) => /dist.cli|commander|cli-progress|sharp/.test(file))))`
  expect(execFileSync(process.execPath, ['-e', code], { cwd: root, encoding: 'utf8' })).toBe('[]\n')
})
