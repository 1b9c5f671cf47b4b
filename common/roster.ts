/**
 * Things that come and go all the time, in no order.
 *
 * Not a `Set`: when a set's table is full of what left, it moves to a new one, and V8 keeps the new
 * one reachable from the old. Once an old table has outlived a few collections, so does whatever is
 * in those that follow, each request with all that it held, until the next full collection.
 */
export class Roster<Thing> implements Iterable<Thing> {
  readonly #entries: Entry<Thing>[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** Gives what takes it off again; to call that more than once does no harm. */
  enter(thing: Thing): () => void {
    const entry = { thing, place: this.#entries.length };
    this.#entries.push(entry);
    return () => this.#leave(entry);
  }

  /** Those of this moment, whoever comes or goes while they are looked at. */
  [Symbol.iterator](): Iterator<Thing> {
    return this.#entries.map(({ thing }) => thing)[Symbol.iterator]();
  }

  /** The last one takes the place that becomes free. */
  #leave(entry: Entry<Thing>): void {
    if (this.#entries[entry.place] !== entry) return;
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    last.place = entry.place;
    this.#entries[entry.place] = last;
  }
}

interface Entry<Thing> {
  readonly thing: Thing;
  place: number;
}
