import type { TabMemory } from '../tab-memory.js';

/** A memory that lasts as long as whoever holds it. */
export function memoryOf<Value>(value?: Value): TabMemory<Value> {
  let held = value;
  return {
    read: () => held,
    write: (next) => {
      held = next;
    },
  };
}
