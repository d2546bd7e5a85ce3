import { checkInteger, checkList, invalid } from '../core/check'

/** A copy of a permutation of 0 … count-1. */
export function checkPartner(value: unknown, count: number): Int32Array {
  const list = checkList('partner', value, count, 'an array of whole numbers')
  const places = new Int32Array(count).fill(-1)
  return Int32Array.from(list, (number, i) => {
    const partner = checkInteger(`partner[${i}]`, number, 0, count - 1)
    const before = places[partner] as number
    if (before !== -1) {
      const expected = `a sample that is nobody else's partner, as it is of sample ${before}`
      invalid('ERR_INVALID_ARG_VALUE', `partner[${i}]`, expected, partner)
    }
    places[partner] = i
    return partner
  })
}
