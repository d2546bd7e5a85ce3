/** Curves as an SVG picture: axes with round numbers, markers, error bars, bands, names at the curves' ends. */

export interface PlotPoint {
  x: number
  y: number
  /** Half the length of an error bar. */
  error?: number
  /** The lower edge of a band, whose upper edge is y. */
  low?: number
}

export interface PlotSeries {
  /** In one or more lines. */
  name: string
  points: readonly PlotPoint[]
  /** A line with markers; a dashed line alone, for a formula; markers alone; or a filled range. */
  style?: 'line' | 'dashes' | 'markers' | 'band'
}

export interface Plot {
  title: string
  xLabel: string
  yLabel: string
  series: readonly PlotSeries[]
  /** How the picture was made; it does not show. */
  description?: string
  /** The y axis begins at 0 unless this says otherwise. */
  yMin?: number
}

const WIDTH = 720
const HEIGHT = 440
const LEFT = 74
const RIGHT = 178
const TOP = 48
const BOTTOM = 62
const LINE = 16

// Okabe and Ito's colours, which the colour-blind can tell apart.
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#555555']

const markers: ((x: number, y: number) => string)[] = [
  (x, y) => `M${x - 4},${y}a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z`,
  (x, y) => `M${x - 3.6},${y - 3.6}h7.2v7.2h-7.2z`,
  (x, y) => `M${x},${y - 4.8}l4.6,8h-9.2z`,
  (x, y) => `M${x},${y - 5}l4.6,5l-4.6,5l-4.6,-5z`,
  (x, y) => `M${x},${y + 4.8}l4.6,-8h-9.2z`,
]

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const round = (value: number) => Number(value.toFixed(1))

/** Round numbers, 1, 2 or 5 times a power of ten apart, that span `low` … `high`. */
export function ticksOf(low: number, high: number): number[] {
  const rough = (high - low || 1) / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough * 0.99) as number
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  const from = Math.floor(low / step + 1e-9)
  const to = Math.max(Math.ceil(high / step - 1e-9), from + 1)
  return Array.from({ length: to - from + 1 }, (_, i) =>
    Number(((from + i) * step).toFixed(digits)),
  )
}

export function linePlot(plot: Plot): string {
  const { title, xLabel, yLabel, series, description, yMin = 0 } = plot
  const all = series.flatMap(({ points }) => points)
  const xTicks = ticksOf(Math.min(...all.map(({ x }) => x)), Math.max(...all.map(({ x }) => x)))
  const yTicks = ticksOf(yMin, Math.max(...all.map(({ y, error = 0 }) => y + error)))
  const scale = (ticks: number[], from: number, to: number) => {
    const [low, high] = [ticks[0] as number, ticks.at(-1) as number]
    return (value: number) => round(from + ((value - low) / (high - low)) * (to - from))
  }
  const atX = scale(xTicks, LEFT, WIDTH - RIGHT)
  const atY = scale(yTicks, HEIGHT - BOTTOM, TOP)
  const digitsOf = (ticks: number[]) =>
    Math.max(...ticks.map((tick) => (String(tick).split('.')[1] ?? '').length))

  const parts: string[] = []
  for (const tick of yTicks) {
    const y = atY(tick)
    parts.push(`<path d="M${LEFT},${y}H${WIDTH - RIGHT}" class="grid"/>`)
    parts.push(
      `<text x="${LEFT - 9}" y="${y + 4}" class="end">${tick.toFixed(digitsOf(yTicks))}</text>`,
    )
  }
  for (const tick of xTicks) {
    const x = atX(tick)
    parts.push(`<path d="M${x},${HEIGHT - BOTTOM}v5" class="axis"/>`)
    parts.push(
      `<text x="${x}" y="${HEIGHT - BOTTOM + 20}" class="middle">${tick.toFixed(digitsOf(xTicks))}</text>`,
    )
  }
  parts.push(`<path d="M${LEFT},${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}" class="axis"/>`)

  const ends = series.map(({ name, points }) => {
    const { x = 0, y = 0, low = y } = points.at(-1) ?? {}
    return { lines: name.split('\n'), x: atX(x), y: (atY(y) + atY(low)) / 2 }
  })
  const labelY = labelPositions(ends)
  series.forEach(({ points, style = 'line' }, i) => {
    const colour = colours[i % colours.length] as string
    const marker = markers[i % markers.length] as (typeof markers)[number]
    const line = points.map(({ x, y }) => `${atX(x)},${atY(y)}`).join('L')
    if (style === 'band') {
      const back = points.map(({ x, y, low = y }) => `${atX(x)},${atY(low)}`).reverse()
      parts.push(`<path d="M${line}L${back.join('L')}Z" fill="${colour}" fill-opacity="0.22"/>`)
      parts.push(`<path d="M${line}M${back.join('L')}" class="line" stroke="${colour}"/>`)
    } else if (style !== 'markers') {
      const dashes = style === 'dashes' ? ' stroke-dasharray="6 5"' : ''
      parts.push(`<path d="M${line}" class="line" stroke="${colour}"${dashes}/>`)
    }
    for (const { x, y, error } of points) {
      if (error !== undefined) {
        parts.push(
          `<path d="M${atX(x)},${atY(y - error)}V${atY(y + error)}" class="line" stroke="${colour}"/>`,
        )
      }
    }
    // Many markers would only make the line thicker.
    if (style === 'markers' || (style === 'line' && points.length <= 20)) {
      const marks = points.map(({ x, y }) => marker(atX(x), atY(y))).join('')
      parts.push(`<path d="${marks}" fill="${colour}"/>`)
    }
    const { lines, x, y } = ends[i] as (typeof ends)[number]
    const label = labelY[i] as number
    const left = WIDTH - RIGHT + 22
    // From the end of the curve to its name, wherever that ended up.
    parts.push(`<path d="M${round(x + 7)},${round(y)}L${left - 4},${round(label)}" class="lead"/>`)
    lines.forEach((words, k) => {
      const baseline = round(label + 4 + LINE * (k - (lines.length - 1) / 2))
      const weight = k === 0 ? ' class="name"' : ''
      parts.push(
        `<text x="${left}" y="${baseline}" fill="${colour}"${weight}>${escaped(words)}</text>`,
      )
    })
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="Helvetica, Arial, sans-serif" font-size="13">
<title>${escaped(title)}</title>${
    description === undefined
      ? ''
      : `
<desc>${escaped(description)}</desc>`
  }
<style>.grid{stroke:#ddd}.axis{stroke:#333;fill:none}.line{fill:none;stroke-width:1.8}.end{text-anchor:end}.middle{text-anchor:middle}.lead{stroke:#aaa;stroke-width:.8}.name{font-weight:bold}text{stroke:none}</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="26" font-size="16" font-weight="bold">${escaped(title)}</text>
${parts.join('\n')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 16}" class="middle">${escaped(xLabel)}</text>
<text transform="translate(20 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" class="middle">${escaped(yLabel)}</text>
</svg>
`
}

/** Moves overlapping names apart, no more than it takes. */
function labelPositions(ends: readonly { lines: readonly string[]; y: number }[]): number[] {
  const heights = ends.map(({ lines }) => LINE * lines.length + 4)
  const positions = ends.map(({ y }) => y)
  const order = ends.map((_, i) => i).sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0))
  for (let round = 0; round < 100; round++) {
    for (const [k, i] of order.entries()) {
      const [height, next] = [heights[i] as number, order[k + 1]]
      const lowest = HEIGHT - BOTTOM - height / 2
      positions[i] = Math.min(lowest, Math.max(TOP + height / 2, positions[i] as number))
      if (next === undefined) continue
      const wanted = (height + (heights[next] as number)) / 2
      const lacking = wanted - ((positions[next] as number) - (positions[i] as number))
      if (lacking <= 0) continue
      positions[i] = (positions[i] as number) - lacking / 2
      positions[next] = (positions[next] as number) + lacking / 2
    }
  }
  return positions
}
