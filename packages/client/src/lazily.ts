/** An object that is made when one of its members is read for the first time. */
export function lazily<T extends object>(make: () => T): T {
  let made: T | undefined;
  return new Proxy({} as T, { get: (_target, name) => (made ??= make())[name as keyof T] });
}
