/**
 * The header of a native call: one Float64Array of the numbers that describe a batch and how to process
 * it. native/addon/batch_header.h has the same fields in the same order.
 */
export const headerFields = [
  /** Number of samples. */
  'count',
  /** Planes per sample: its channels, or 1 if a pixel holds all of them. */
  'planes',
  /** Size of a plane, pixels. */
  'height',
  'width',
  /** Bytes per pixel of one plane. */
  'pixelBytes',
  /** Bytes per value of one channel. */
  'valueBytes',
  /** What the array of samples holds: a {@link SampleKind}. */
  'sampleKind',
  /** For draws: the number of the first sample, if no list gives the numbers. */
  'first',
  /** CPU threads that may work on this call. */
  'threads',
  /** CPU threads that all asynchronous calls share. */
  'poolThreads',
  /** For host arrays on CUDA: the device's number in native code. */
  'device',
  /** For host arrays on CUDA: bytes staged at a time. */
  'pieceBytes',
  /** For preprocessing: the index of the result's type in {@link dtypes}. */
  'valueType',
  /** For preprocessing: 1 if each channel of an image is a plane of its own. */
  'planarSource',
  /** For preprocessing on a device: 1 if the images' values are float32, not bytes. */
  'floatSource',
  /** For preprocessing on a device: 1 if only the parts that the crops need are there. */
  'cutSource',
  /** For preprocessing: black pixels around each image before it is cropped. */
  'padding',
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
 * The header with the fields of the objects; the others are 0. Every call returns the same array, because
 * allocating one takes as long as masking a small image; native code reads it before it does anything
 * else. There are several objects because merging them with `...` would take as long again.
 */
export function packHeader(...parts: Partial<BatchHeader>[]): Float64Array {
  packed.fill(0)
  for (const part of parts) {
    // Samples also have properties that are not in the header.
    for (const name in part) {
      const place = places.get(name)
      if (place !== undefined) packed[place] = part[name as keyof BatchHeader] ?? 0
    }
  }
  return packed
}

const at = Object.fromEntries(headerFields.map((name, i) => [name, i])) as BatchHeader

/** What only preprocessing needs. */
export type ImageFields = Partial<
  Pick<BatchHeader, 'valueType' | 'planarSource' | 'floatSource' | 'cutSource' | 'padding'>
>

const noImages: ImageFields = {}

/** The same for a batch and its samples, without a loop over properties: most calls use this. */
export function packBatch(
  layout: BatchLayout,
  samples: Pick<BatchHeader, 'sampleKind' | 'first'>,
  execution: Partial<Pick<BatchHeader, 'threads' | 'poolThreads' | 'device' | 'pieceBytes'>>,
  images: ImageFields = noImages,
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
  packed[at.valueType] = images.valueType ?? 0
  packed[at.planarSource] = images.planarSource ?? 0
  packed[at.floatSource] = images.floatSource ?? 0
  packed[at.cutSource] = images.cutSource ?? 0
  packed[at.padding] = images.padding ?? 0
  return packed
}

/** The same for so many samples, without their images. */
export function packCount(
  count: number,
  { sampleKind, first }: Pick<BatchHeader, 'sampleKind' | 'first'>,
): Float64Array {
  packed.fill(0)
  packed[at.count] = count
  packed[at.sampleKind] = sampleKind
  packed[at.first] = first
  return packed
}

export function unpackHeader(header: Float64Array): BatchHeader {
  const fields = headerFields.map((name, i) => [name, header[i]] as const)
  return Object.fromEntries(fields) as BatchHeader
}
