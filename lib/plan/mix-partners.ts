import { checkInteger, checkList, invalid } from '../core/check'
import { allocating } from '../core/memory'

/** Checks a permutation of 0 … count-1; returns a copy. */
export function checkPartner(value: unknown, count: number): Int32Array {
  const places = allocating('`partner`', () => new Int32Array(count).fill(-1))
  return checkList(
    'partner',
    value,
    count,
    'an array of whole numbers',
    Int32Array,
    (number, i) => {
      const partner = checkInteger(`partner[${i}]`, number, 0, count - 1)
      const before = places[partner] as number
      if (before !== -1) {
        const expected = `a sample that is nobody else's partner (this one is sample ${before}'s)`
        invalid('ERR_INVALID_ARG_VALUE', `partner[${i}]`, expected, partner)
      }
      places[partner] = i
      return partner
    },
  )
}
