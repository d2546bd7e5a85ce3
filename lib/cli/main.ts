#!/usr/bin/env node
/** `gridmask`: errors are one line. Exit status 1, or 2 if the command is not understood. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { note } from './output'
import { UserError } from './user-error'

const USAGE = 2

async function program(): Promise<Command> {
  // Loaded here, so that an addon that does not load is reported in one line too.
  const { benchCommand } = await import('./bench.js')
  const { devicesCommand } = await import('./devices.js')
  const { failuresCommand } = await import('./failures.js')
  const { previewCommand } = await import('./preview.js')
  const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'))

  const gridmask = new Command('gridmask')
    .description(
      'GridMask augmentation (arXiv 2001.04086): drops a lattice of squares from training images.',
    )
    .version(version)
    .addCommand(previewCommand())
    .addCommand(failuresCommand())
    .addCommand(benchCommand())
    .addCommand(devicesCommand())
    .addHelpText(
      'after',
      `
Words:
  d, unit      side of the square that is tiled over the image, pixels
  r, ratio     width of the stripe that is KEPT, as a fraction of d: of each unit a square of
               d·(1-r) is dropped, and about 1-(1-r)² of the image is kept. DALI, KerasCV and
               albumentations mean the dropped side by "ratio": their 0.4 is 0.6 here
  p            probability that an image is masked at all

Examples:
  $ gridmask preview photo.jpg                      what the ImageNet preset does to it
  $ gridmask preview *.jpg --ratio 0.5 --unit 56    units of 56 pixels, squares of 28 dropped
  $ gridmask failures -o figure5                    Figure 5 of the paper: table, SVG and JSON
  $ gridmask bench                                  against a copy and a plain loop, here
  $ gridmask devices                                which devices there are, and why no CUDA

Each command has its own --help, and --json for machines.`,
    )
    .helpCommand(false)
  for (const command of [gridmask, ...gridmask.commands]) {
    // commander's errors are printed below, in one line.
    command.exitOverride().configureOutput({ outputError: () => {} })
  }
  return gridmask
}

async function main(): Promise<void> {
  // A reader that has seen enough, such as `head`, is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  try {
    await (await program()).parseAsync()
  } catch (error) {
    fail(error)
  }
}

function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    // Help that was asked for is a success; help in place of a missing command is not.
    process.exitCode = error.exitCode === 0 ? 0 : USAGE
    if (error.exitCode !== 0 && error.code !== 'commander.help') {
      note(error.message.replace(/^error: /, '').replace(/\n/g, ' '))
    }
    return
  }
  const { name, message, syscall } = error as NodeJS.ErrnoException
  const foreseen =
    error instanceof UserError || name === 'GridMaskError' || typeof syscall === 'string'
  if (!foreseen) throw error
  note(message.replace(/\n/g, ' '))
  process.exitCode = 1
}

main()
