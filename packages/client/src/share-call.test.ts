import { expect, test, vi } from 'vitest';
import { createVirtualClock } from './testing/virtual-clock.js';
import { shareCall } from './share-call.js';

test('callers at the same time share one call, and its failure; later ones make another', async () => {
  const calls: { resolve: (value: number) => void; reject: (error: unknown) => void }[] = [];
  const call = vi.fn(() => new Promise<number>((resolve, reject) => void calls.push({ resolve, reject })));
  const shared = shareCall(createVirtualClock(), call);
  const [first, second] = [shared(), shared()];
  calls[0]!.resolve(1);
  expect(await Promise.all([first, second])).toEqual([1, 1]);
  const [third, fourth] = [shared(), shared()];
  calls[1]!.reject(new Error('no session'));
  expect(await Promise.allSettled([third, fourth])).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  expect(call).toHaveBeenCalledTimes(2);
});

test('a call that is not answered for 5 s does not stand in the way of the next one', async () => {
  const clock = createVirtualClock();
  const call = vi.fn(() => new Promise<number>(() => {})).mockImplementationOnce(() => new Promise(() => {}));
  const shared = shareCall(clock, call);
  void shared();
  await clock.advance('4s');
  void shared();
  expect(call).toHaveBeenCalledTimes(1);
  await clock.advance('1s');
  void shared();
  expect(call).toHaveBeenCalledTimes(2);
});
