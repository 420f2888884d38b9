import { expect, test } from 'vitest';
import type { JobEventsServerError } from '../server-errors.js';
import { ManualTiming } from '../testing/manual-timing.js';
import { Outbox } from './outbox.js';

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

function silentOutbox() {
  const timing = new ManualTiming();
  const errors: JobEventsServerError[] = [];
  const rejections: (() => void)[] = [];
  const outbox = new Outbox<string>({
    timing,
    onError: (error) => errors.push(error),
    pack: (messages) => ({ packed: messages.map(({ message }) => message).join(), numbers: 1 }),
    send: () => new Promise((_, reject) => rejections.push(() => reject(new Error('no answer')))),
  });
  return { timing, errors, outbox, rejections };
}

test('close with a database that is silent takes one total time, however many batches wait, and reports once what is given up', async () => {
  const { timing, errors, outbox, rejections } = silentOutbox();
  for (let i = 0; i < 5_000; i++) outbox.push('m', false);
  await turns();
  let isClosed = false;
  const closing = outbox.close(1_999.6).then(() => (isClosed = true));
  timing.advance(1_999);
  await turns();
  expect(isClosed).toBe(false);
  timing.advance(1);
  await closing;
  expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual([
    'BROADCAST_FAILED 5000 events could not be sent within the 2000 ms that close waits, and are given up. Clients find the state by sync.',
  ]);
  rejections[0]!();
  await turns();
  expect([errors.length, rejections.length, timing.pending]).toEqual([1, 1, 0]);
});

test('close with nothing on its way is done at once', async () => {
  const { errors, outbox } = silentOutbox();
  await outbox.close();
  expect(errors).toEqual([]);
});
