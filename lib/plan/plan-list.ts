/** What all plans can do: a list of samples that are read one at a time. */
export abstract class PlanList<Sample> implements Iterable<Sample> {
  /** Number of samples. */
  abstract get length(): number

  /** @internal */
  protected abstract read(i: number): Sample

  /** What was drawn for sample `i`, from the end if negative; undefined where there is none. */
  at(i: number): Sample | undefined {
    const index = Math.trunc(i) || 0
    const from = index < 0 ? index + this.length : index
    return from >= 0 && from < this.length ? this.read(from) : undefined
  }

  *[Symbol.iterator](): Iterator<Sample> {
    for (let i = 0; i < this.length; i++) yield this.read(i)
  }

  toJSON(): Sample[] {
    return [...this]
  }
}
