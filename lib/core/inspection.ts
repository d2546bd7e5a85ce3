/** What `console.log` shows of a class whose fields are private. */

type Inspect = (value: unknown, options?: object) => string

/** By this name Node, Bun and Deno ask for it. */
const custom = Symbol.for('nodejs.util.inspect.custom')

/**
 * Lets `show` say what is printed of the objects of a class. `inspect` prints a value in
 * the colours that were asked for, and one level deeper: the class itself is none.
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
