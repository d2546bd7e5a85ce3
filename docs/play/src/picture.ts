/** The pictures: the sample one or the user's, and GridMix's partner, cut and scaled to the image's size. */
import partner from './partner.jpg'
import photo from './photo.jpg'

export const samplePicture = () => bitmapOf(photo)
export const partnerPicture = () => bitmapOf(partner)

function bitmapOf(url: string): Promise<ImageBitmap> {
  return new Promise((resolve, reject) => {
    const image = new Image()
    image.onload = () => resolve(createImageBitmap(image))
    image.onerror = reject
    image.src = url
  })
}

/** A file that the user chose, turned upright; throws if it is not a picture. */
export async function pictureOf(file: File): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file)
  } catch {
    // Formats without a size, SVG among them, can only be decoded by an image element.
    const url = URL.createObjectURL(file)
    try {
      const image = new Image()
      image.src = url
      await image.decode()
      const { naturalWidth: width, naturalHeight: height } = image
      return await createImageBitmap(image, {
        resizeWidth: width || 512,
        resizeHeight: height || 512,
      })
    } finally {
      URL.revokeObjectURL(url)
    }
  }
}

const last = new Map<ImageBitmap, ImageData>()

/**
 * The largest part of the picture's middle with the image's shape, at the image's size. The last one of each
 * picture is kept, since a slider changes neither.
 */
export function cut(picture: ImageBitmap, width: number, height: number): ImageData {
  const kept = last.get(picture)
  if (kept?.width === width && kept.height === height) return kept
  const image = cutAnew(picture, width, height)
  last.set(picture, image)
  return image
}

function cutAnew(picture: ImageBitmap, width: number, height: number): ImageData {
  const scale = Math.min(picture.width / width, picture.height / height)
  const [cutWidth, cutHeight] = [width * scale, height * scale]
  const left = (picture.width - cutWidth) / 2
  const top = (picture.height - cutHeight) / 2
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context === null) throw new Error('No 2d canvas')
  context.fillStyle = '#fff' // behind what is transparent: the batch has no alpha
  context.fillRect(0, 0, width, height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(picture, left, top, cutWidth, cutHeight, 0, 0, width, height)
  return context.getImageData(0, 0, width, height)
}
