/**
 * Items in the order of their keys, each key once; an item is its own key. Finding a place is logarithmic, and adding and
 * deleting move what stands behind it at once.
 */
export class SortedList<Key, Item extends Key> {
  readonly #items: Item[] = [];
  readonly #compare: (a: Key, b: Key) => number;

  constructor(compare: (a: Key, b: Key) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  /** Takes the place of an item with the same key. */
  add(item: Item): void {
    const place = this.#placeOf(item);
    this.#items.splice(place, this.#isAt(place, item) ? 1 : 0, item);
  }

  delete(key: Key): void {
    const place = this.#placeOf(key);
    if (this.#isAt(place, key)) this.#items.splice(place, 1);
  }

  /** From this key upwards, this key included. The list must not change meanwhile. */
  *upFrom(key: Key): Iterable<Item> {
    for (let place = this.#placeOf(key); place < this.#items.length; place++) yield this.#items[place]!;
  }

  /** Downwards from the last item, or from below this key. The list must not change meanwhile. */
  *downFrom(key?: Key): Iterable<Item> {
    for (let place = (key === undefined ? this.#items.length : this.#placeOf(key)) - 1; place >= 0; place--) yield this.#items[place]!;
  }

  /** Where the first item stands that is not below the key. */
  #placeOf(key: Key): number {
    let [from, to] = [0, this.#items.length];
    // Most of what is added or changed is the newest.
    if (to > 0 && this.#compare(this.#items[to - 1]!, key) < 0) return to;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#compare(this.#items[middle]!, key) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #isAt(place: number, key: Key): boolean {
    return place < this.#items.length && this.#compare(this.#items[place]!, key) === 0;
  }
}
