/** What `console.log` shows of a class with private fields. */

type Inspect = (value: unknown, options?: object) => string

/** The name of the method that Node, Bun and Deno call. */
const custom = Symbol.for('nodejs.util.inspect.custom')

/**
 * Makes `show` decide how objects of a class are printed. The `inspect` it gets prints a value with the
 * caller's options, such as colours, and one level deeper: the class itself does not count as a level.
 */
export function inspectWith<T extends object>(
  prototype: T,
  show: (self: T, inspect: (value: unknown, options?: object) => string) => string,
): void {
  Object.defineProperty(prototype, custom, {
    enumerable: false,
    value(this: T, depth: number, options: object, inspect: Inspect) {
      if (depth < 0) return `[${this.constructor.name}]`
      return show(this, (value, more) => inspect(value, { ...options, depth: depth + 1, ...more }))
    },
    configurable: true,
    writable: true,
  })
}
