// Pictures whose classes are obvious.
import sharp from 'sharp'

const [WIDTH, HEIGHT] = [240, 160]

/** @returns {{ name: string, picture: import('sharp').Sharp }[]} */
export function drawPictures() {
  return [
    draw(
      'red',
      '<rect width="240" height="160" fill="#c03028"/><circle cx="120" cy="80" r="40" fill="#e06050"/>',
    ),
    draw(
      'green',
      '<rect width="240" height="160" fill="#2f8f3a"/><circle cx="90" cy="60" r="50" fill="#58c060"/>',
    ),
    draw(
      'blue',
      '<rect width="240" height="160" fill="#2848b0"/><circle cx="150" cy="90" r="60" fill="#4060e0"/>',
    ),
    draw(
      'grey',
      '<rect width="240" height="160" fill="#808080"/><circle cx="120" cy="80" r="50" fill="#909090"/>',
    ),
    draw(
      'stripes down',
      stripes((i) => `<rect x="${24 * i}" width="12" height="160"/>`),
    ),
    draw(
      'stripes across',
      stripes((i) => `<rect y="${24 * i}" width="240" height="12"/>`),
    ),
  ]
}

/**
 * @param {string} name
 * @param {string} shapes
 */
function draw(name, shapes) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">${shapes}</svg>`
  return { name, picture: sharp(Buffer.from(svg)) }
}

/** @param {(i: number) => string} stripe */
function stripes(stripe) {
  return `<rect width="240" height="160" fill="#e8e8e8"/>${Array.from({ length: 10 }, (_, i) => stripe(i)).join('')}`
}
