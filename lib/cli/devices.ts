/** `gridmask devices` */
import { Command } from 'commander'
import { cudaStatus } from '../backend/cuda'
import { type DeviceInfo, devices } from '../backend/devices'
import { print, printJson } from './output'

export function devicesCommand(): Command {
  return new Command('devices')
    .summary('which devices there are, and why CUDA is or is not among them')
    .description(
      'Lists the devices that this machine offers, the processor first, and says whether CUDA ' +
        'is available, or else why not.',
    )
    .option('--json', 'print { devices, cuda } as JSON')
    .addHelpText(
      'after',
      `
Environment:
  GRIDMASK_THREADS       threads that work on a batch
  GRIDMASK_INSTRUCTIONS  baseline, avx2 or avx512: the loops' instruction set
  GRIDMASK_CUDA_DRIVER   a CUDA driver library to load instead of the system's`,
    )
    .action(({ json }: { json?: true }) => {
      const found = devices()
      const cuda = cudaStatus()
      if (json) return printJson({ devices: found, cuda })
      for (const device of found) print(describe(device))
      const { reason, message } = cuda
      print(`CUDA: ${message}${reason === undefined ? '' : ` (${reason})`}`)
    })
}

function describe(device: DeviceInfo): string {
  if (device.id === 'cpu') {
    const { id, name, threads, instructionSet, backend } = device
    const code = backend === 'native' ? `native code (${instructionSet})` : 'plain TypeScript'
    return `${id}: ${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${code}`
  }
  const { id, name, computeCapability, totalMemory, multiprocessors } = device
  const memory = `${(totalMemory / 2 ** 30).toFixed(1)} GiB`
  return `${id}: ${name}, ${memory}, compute capability ${computeCapability}, ${multiprocessors} multiprocessors`
}
