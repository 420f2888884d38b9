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

test('an outage is reported when it begins, when it loses its first events, and with their number when it ends, however many are lost', async () => {
  const timing = new ManualTiming();
  const messages: string[] = [];
  let isAway = true;
  const outbox = new Outbox<string>({
    timing,
    onError: ({ message }) => messages.push(message.replace(/ Clients.*/, '')),
    pack: () => ({ packed: '', numbers: 1 }),
    send: async () => {
      if (isAway) throw new Error('away');
    },
  });
  for (let second = 0; second < 60; second++) {
    for (let i = 0; i < 100; i++) outbox.push('m'.repeat(10_000), false);
    timing.advance(1_000);
    await turns();
  }
  expect(messages).toEqual([
    expect.stringMatching(/^\d+ events could not be sent; they are tried again\.$/),
    expect.stringMatching(/^\d+ events could not be sent in time and are given up\./),
  ]);
  isAway = false;
  for (let i = 0; i < 5; i++) {
    timing.advance(2_000);
    await turns();
  }
  expect(messages.slice(2)).toEqual([expect.stringMatching(/^5\d{3} events in all could not be sent in time and were given up\.$/)]);
  await outbox.close();
});
