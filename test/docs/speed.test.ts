// What the documentation says of speed is what bench/results/ says.
import { test } from '@jest/globals'
import { outputOf } from '../process'

test('tables and charts are made from the committed results', () => {
  outputOf(['bench/speed.mjs', '--check'])
})
