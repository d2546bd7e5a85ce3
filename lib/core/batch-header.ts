/**
 * The header of a native call: the numbers that describe a batch and how it is to be worked on, in
 * one Float64Array. native/addon/batch_header.h says the same in C++, with the same fields in the
 * same order.
 */
export const headerFields = [
  /** Samples. */
  'count',
  /** Of a sample: its channels, or 1 where a pixel holds all of them. */
  'planes',
  /** Of a plane, pixels. */
  'height',
  'width',
  /** Of a pixel in one plane. */
  'pixelBytes',
  /** Of one channel's value. */
  'valueBytes',
  /** What the array of samples holds: a {@link SampleKind}. */
  'sampleKind',
  /** For draws: the number of the first sample, where no list says it. */
  'first',
  /** Of the CPU that may work on it. */
  'threads',
  /** Of the CPU that may work on all that is asynchronous, together. */
  'poolThreads',
  /** For host arrays on CUDA: by which native code knows the device. */
  'device',
  /** For host arrays on CUDA: bytes that are staged at a time. */
  'pieceBytes',
  /** For images that become a batch: the place of the result's type in {@link dtypes}. */
  'valueType',
  /** For images that become a batch: 1 where each channel of an image is a plane of its own. */
  'planarSource',
  /** For images on a device that become a batch: 1 where their values are float32, not bytes. */
  'floatSource',
  /** For images on a device that become a batch: 1 where only what their crops need is there. */
  'cutSource',
] as const

/** What an array of samples holds; SampleKind of native/addon/batch_header.h. */
export const SampleKind = { plan: 0, draws: 1, rectangles: 2 } as const
export type SampleKind = (typeof SampleKind)[keyof typeof SampleKind]

export type BatchHeader = Record<(typeof headerFields)[number], number>

/** How a batch lies in memory; BatchLayout of native/lattice/batch.h. */
export type BatchLayout = Pick<
  BatchHeader,
  'count' | 'planes' | 'height' | 'width' | 'pixelBytes' | 'valueBytes'
>

const packed = new Float64Array(headerFields.length)
const places = new Map<string, number>(headerFields.map((name, i) => [name, i]))

/**
 * The header with the fields that the objects have, the others 0. It is one and the same array each
 * time, since to make one takes as long as to mask a small image: native code reads it before it
 * does anything else. Several objects, since to make one of them by `...` takes as long again.
 */
export function packHeader(...parts: Partial<BatchHeader>[]): Float64Array {
  packed.fill(0)
  for (const part of parts) {
    // Other properties, which samples have too, have no place.
    for (const name in part) {
      const place = places.get(name)
      if (place !== undefined) packed[place] = part[name as keyof BatchHeader] ?? 0
    }
  }
  return packed
}

const at = Object.fromEntries(headerFields.map((name, i) => [name, i])) as BatchHeader

/** The same for a batch and its samples, without a look at every property: most calls are these. */
export function packBatch(
  layout: BatchLayout,
  samples: Pick<BatchHeader, 'sampleKind' | 'first'>,
  execution: Partial<Pick<BatchHeader, 'threads' | 'poolThreads' | 'device' | 'pieceBytes'>>,
): Float64Array {
  packed[at.count] = layout.count
  packed[at.planes] = layout.planes
  packed[at.height] = layout.height
  packed[at.width] = layout.width
  packed[at.pixelBytes] = layout.pixelBytes
  packed[at.valueBytes] = layout.valueBytes
  packed[at.sampleKind] = samples.sampleKind
  packed[at.first] = samples.first
  packed[at.threads] = execution.threads ?? 0
  packed[at.poolThreads] = execution.poolThreads ?? 0
  packed[at.device] = execution.device ?? 0
  packed[at.pieceBytes] = execution.pieceBytes ?? 0
  // To fill it with zeros first takes longer than all that is above.
  packed[at.valueType] = 0
  packed[at.planarSource] = 0
  packed[at.floatSource] = 0
  packed[at.cutSource] = 0
  return packed
}

export function unpackHeader(header: Float64Array): BatchHeader {
  const fields = headerFields.map((name, i) => [name, header[i]] as const)
  return Object.fromEntries(fields) as BatchHeader
}
