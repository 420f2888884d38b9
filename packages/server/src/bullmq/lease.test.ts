import { beforeEach, describe, expect, it } from 'vitest';

import { MemoryJobStore } from '../store/memory-job-store.js';
import { ManualTiming } from '../testing/manual-timing.js';
import { Lease } from './lease.js';

let timing: ManualTiming;
let store: MemoryJobStore;
const leaseOf = (holder: string): Lease => new Lease({ store, timing, name: 'bullmq:bull:pdf', holder });
const settle = async (): Promise<void> => {
  for (let round = 0; round < 20; round++) await Promise.resolve();
};
const pass = async (ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 500) {
    timing.advance(500);
    await settle();
  }
};

beforeEach(() => {
  timing = new ManualTiming();
  store = new MemoryJobStore({ timing });
});

describe('Lease', () => {
  it('is held by one process for as long as its task runs, and by another one 5 s afterwards', async () => {
    let finish = (): void => undefined;
    const task = leaseOf('first').whileHeld(() => new Promise<void>((resolve) => (finish = resolve)));
    await settle();
    await pass(60_000);
    expect(await leaseOf('second').whileHeld(async () => undefined)).toBe(false);
    finish();
    expect(await task).toBe(true);
    await pass(5_000);
    expect(await leaseOf('second').whileHeld(async () => undefined)).toBe(true);
  });

  it('tells its task when the store no longer renews it', async () => {
    const lease = leaseOf('first');
    await lease.whileHeld(async (isHeld) => {
      store.takeLease = () => Promise.reject(new Error('The store is away.'));
      await pass(4_500);
      expect(isHeld()).toBe(true);
      await pass(500);
      expect(isHeld()).toBe(false);
    });
  });

  it('rejects where the store gives no answer, and is taken once it does', async () => {
    const lease = leaseOf('first');
    const { takeLease } = store;
    store.takeLease = () => new Promise(() => undefined);
    const held = lease.whileHeld(async () => undefined);
    held.catch(() => undefined);
    await pass(3_000);
    await expect(held).rejects.toThrow('The store gave no answer');
    store.takeLease = takeLease;
    expect(await lease.whileHeld(async () => undefined)).toBe(true);
  });

  it('is free at once when it is given back in the middle of its task, which is told so', async () => {
    const lease = leaseOf('first');
    await lease.whileHeld(async (isHeld) => {
      await lease.giveBack();
      expect(isHeld()).toBe(false);
      await pass(10_000);
      expect(await leaseOf('second').whileHeld(async () => undefined)).toBe(true);
    });
  });
});
