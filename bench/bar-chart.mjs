// SPDX-License-Identifier: MIT
//
// Horizontal bars in groups, as SVG. Every bar has its name and its number at its end, so nothing has
// to be looked up in a legend, and nothing can collide.

/**
 * @typedef {{ name: string, value: number, label: string, own?: boolean }} Bar
 * @typedef {{ title: string, bars: readonly Bar[] }} Group
 */

const [WIDTH, LEFT, RIGHT] = [760, 232, 196]
const [BAR, BAR_GAP, GROUP_GAP, TOP] = [18, 4, 18, 84]

const escaped = (/** @type {string} */ text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/**
 * @param {{ title: string, line: string, groups: readonly Group[], axis?: string }} chart `axis` names
 *   a scale that all groups share; without it each group's longest bar is as long as the chart
 */
export function barChart({ title, line, groups, axis }) {
  const room = WIDTH - LEFT - RIGHT
  const largest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)))
  /** @type {string[]} */
  const parts = []
  let y = TOP
  for (const { title: name, bars } of groups) {
    const scale = axis === undefined ? Math.max(...bars.map(({ value }) => value)) : largest
    const middle = y + (bars.length * (BAR + BAR_GAP) - BAR_GAP) / 2
    for (const [i, words] of name.split('\n').entries()) {
      const style = i === 0 ? ' font-weight="600"' : ' fill="#6b6b70"'
      const baseline = middle + 5 + 17 * (i - (name.split('\n').length - 1) / 2)
      parts.push(
        `<text x="${LEFT - 14}" y="${baseline}" text-anchor="end"${style}>${escaped(words)}</text>`,
      )
    }
    for (const { name: bar, value, label, own } of bars) {
      const width = Math.max(1.5, (value / scale) * room)
      parts.push(
        `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" fill="${own ? '#b4461e' : '#b9bec6'}"/>`,
        `<text x="${(LEFT + width + 8).toFixed(1)}" y="${y + BAR - 4.5}"${own ? ' font-weight="600"' : ''}>` +
          `${escaped(label)} <tspan fill="${own ? '#b4461e' : '#6b6b70'}">${escaped(bar)}</tspan></text>`,
      )
      y += BAR + BAR_GAP
    }
    y += GROUP_GAP - BAR_GAP
  }
  const bottom = y - GROUP_GAP + 8
  if (axis !== undefined) parts.unshift(...ticks(largest, room, bottom))
  const height = bottom + (axis === undefined ? 14 : 48)
  const axisName =
    axis === undefined
      ? ''
      : `\n<text x="${LEFT + room / 2}" y="${bottom + 38}" text-anchor="middle" fill="#6b6b70">${escaped(axis)}</text>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#1c1c1e">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="24" y="34" font-size="18" font-weight="600">${escaped(title)}</text>
<text x="24" y="58" fill="#6b6b70">${escaped(line)}</text>
${parts.join('\n')}
<path d="M${LEFT},${TOP - 6}V${bottom}" stroke="#333"/>${axisName}
</svg>
`
}

/** @param {number} largest @param {number} room @param {number} bottom */
function ticks(largest, room, bottom) {
  const step = [1, 2, 5, 10, 20, 50].find((size) => largest / size <= 6) ?? 100
  return Array.from({ length: Math.floor(largest / step) + 1 }, (_, i) => {
    const x = (LEFT + ((i * step) / largest) * room).toFixed(1)
    return (
      `<path d="M${x},${TOP - 6}V${bottom}" stroke="#e3e5e8"/>` +
      `<text x="${x}" y="${bottom + 18}" text-anchor="middle" fill="#6b6b70">${i * step}</text>`
    )
  })
}
