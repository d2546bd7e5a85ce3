// What the documentation says about speed matches bench/results/.
import { test } from '@jest/globals'
import { outputOf } from '../process'

test('tables and charts are made from the committed results', () => {
  outputOf(['bench/speed.mjs', '--check'])
})
