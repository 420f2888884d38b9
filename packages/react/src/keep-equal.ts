/** Hands out the value before where the next one is the same: an array by its elements, anything else by `Object.is`. */
export function keepEqual<T>(): (next: T) => T {
  let last: T;
  let isFirst = true;
  return (next) => {
    if (isFirst || !isEqual(last, next)) last = next;
    isFirst = false;
    return last;
  };
}

function isEqual(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  return a.length === b.length && a.every((element, index) => Object.is(element, b[index]));
}
