/** What to do with a value that is not an array of a type that can be masked. */
import { types } from 'node:util'
import { isPromise } from '../core/check'

/** A sentence without its full stop, or nothing. `name` is the caller's name for the value. */
export function hintOnArray(name: string, value: unknown): string {
  try {
    return hint(name, value)
  } catch {
    return '' // a revoked proxy, or a getter that throws
  }
}

const isPlain = (value: object) => value.constructor?.name === 'Object'

function hint(name: string, value: unknown): string {
  if (isPromise(value)) return 'It is a promise: `await` it'
  if (name === 'out' && (value === true || typeof value === 'string')) {
    return '`out: images` works in place'
  }
  if (typeof value === 'string') return 'Decode the picture first: docs/loading.md'
  if (Array.isArray(value)) {
    const first = value.slice(0, 64) // a sparse array can have any length
    if (first.some(types.isTypedArray)) {
      return `Copy them into one array: \`all.set(${name}[i], i * ${name}[i].length)\` for each`
    }
    if (first.some((element) => types.isTypedArray(element?.data))) {
      return 'A list of decoded images is for Preprocessor: docs/preprocessor.md'
    }
    const flat = first.some((element) => typeof element === 'object') ? '.flat(Infinity)' : ''
    return `Convert it: \`Float32Array.from(${name}${flat})\``
  }
  if (types.isAnyArrayBuffer(value)) {
    return `Wrap it in an array of the type of its values: \`new Float32Array(${name})\`, \`new Uint8Array(${name})\``
  }
  if (types.isDataView(value)) {
    return `View it: \`new Uint8Array(${name}.buffer, ${name}.byteOffset, ${name}.byteLength)\``
  }
  if (types.isBigInt64Array(value) || types.isBigUint64Array(value)) {
    return `Convert it: \`Float32Array.from(${name}, Number)\``
  }
  if (types.isTypedArray(value)) {
    return types.isProxy(value) ? '' : `Convert it: \`Float32Array.from(${name})\``
  }
  if (typeof value !== 'object' || value === null) return ''
  const { data, dataSync, toBuffer } = value as Record<string, unknown>
  if (
    ['device', 'shape', 'layout', 'dtype'].every((key) => Object.hasOwn(value, key)) &&
    isPlain(value)
  ) {
    return 'A clone of a DeviceTensor has no memory: send what its download() returns'
  }
  if (value.constructor?.name === 'DeviceTensor') {
    return 'It comes from another copy of gridmask: two are installed, or a module registry was reset'
  }
  if (typeof dataSync === 'function') return `\`await ${name}.data()\` gives the tensor's array`
  if (typeof toBuffer === 'function')
    return `\`await ${name}.raw().toBuffer()\` gives the picture's pixels`
  if (types.isTypedArray(data)) return `Its array is \`${name}.data\``
  return ''
}

/** Files of pictures begin with these bytes. */
const signatures: readonly [format: string, bytes: string, at: number][] = [
  ['JPEG', '\xff\xd8\xff', 0],
  ['PNG', '\x89PNG', 0],
  ['GIF', 'GIF8', 0],
  ['WebP', 'WEBP', 8],
]

/** A hint if bytes of the wrong length are an encoded picture. */
export function hintOnFile(array: unknown): string {
  if (!types.isUint8Array(array)) return ''
  const first = String.fromCharCode(...Array.from({ length: 12 }, (_, i) => array[i] ?? 0))
  const [format] = signatures.find(([, bytes, at]) => first.startsWith(bytes, at)) ?? []
  return format === undefined ? '' : `It is a ${format} file: decode it first, docs/loading.md`
}
