/** A value that outlives a reload of this tab and nothing else. */
export interface TabMemory<Value> {
  read(): Value | undefined;
  write(value: Value): void;
}

/** In the tab's session storage; where a browser denies it, the value lives as long as the page. */
export function tabMemory<Value>(key: string): TabMemory<Value> {
  let value: Value | undefined = readStored(key);
  return {
    read: () => value,
    write(next) {
      value = next;
      try {
        sessionStorage.setItem(key, JSON.stringify(next));
      } catch {
        // Full or forbidden: a reload will not know.
      }
    },
  };
}

function readStored<Value>(key: string): Value | undefined {
  try {
    const stored = sessionStorage.getItem(key);
    return stored === null ? undefined : (JSON.parse(stored) as Value);
  } catch {
    return undefined;
  }
}
