import { expect, test } from 'vitest';
import { diary, fakeServer, USER } from './follow.js';

const THEIRS = { jobId: 'theirs', userId: 'boss' };

/** A client that follows its user's jobs and watches one of somebody else's. */
async function watching() {
  const server = fakeServer({ isPublic: (jobId) => jobId === 'theirs' });
  server.progress({ ...THEIRS, stage: 'SAVING', progress: 5 });
  server.progress({ jobId: 'mine', stage: 'SAVING', progress: 5 });
  server.client.subscribe({ userId: USER });
  const release = server.client.subscribe({ jobId: 'theirs' });
  const lines = { all: diary(server), tracked: diary(server, 'tracked') };
  await server.client.connect();
  await server.advance('1s');
  const listed = () => server.client.getJobs().map(({ jobId }) => jobId);
  return { server, release, lines, listed };
}

const ends = (lines: readonly string[]) => lines.filter((line) => !line.startsWith('progress'));

test('a job of somebody else that is watched by its id is watched, not listed, and its end is not told as one of ours', async () => {
  const { server, lines, listed } = await watching();
  server.progress({ ...THEIRS, stage: 'SAVING', progress: 50 });
  await server.advance('1s');
  expect([listed(), server.client.getJob('theirs')?.progress]).toEqual([['mine'], 50]);
  server.complete(THEIRS);
  server.complete({ jobId: 'mine' });
  await server.advance('20s');
  expect([listed(), server.client.getJob('theirs')?.status]).toEqual([['mine'], 'completed']);
  expect(ends(lines.all)).toEqual(['completed mine']);
});

test('its end is told to those who track it', async () => {
  const { server, lines } = await watching();
  server.client.trackJob('theirs');
  await server.advance('1s');
  server.complete(THEIRS);
  await server.advance('1s');
  expect([ends(lines.all), ends(lines.tracked)]).toEqual([[], ['completed theirs tracked']]);
});

test('over HTTP alone it is watched and not listed either', async () => {
  const { server, listed } = await watching();
  server.disconnect();
  server.progress({ ...THEIRS, stage: 'SAVING', progress: 70 });
  await server.advance('10s');
  expect([listed(), server.client.getJob('theirs')?.progress]).toEqual([['mine'], 70]);
});

test('once nobody watches it any more it is gone, and not asked for again', async () => {
  const { server, release, lines, listed } = await watching();
  release();
  server.complete(THEIRS);
  await server.advance('1m');
  expect([listed(), server.client.getJob('theirs'), ends(lines.all)]).toEqual([['mine'], undefined, []]);
});

test('a list brings a job of ours that was taken for somebody else\'s, and its end is told', async () => {
  const { server, lines, listed } = await watching();
  server.client.addJobs([]);
  server.forget('theirs');
  server.progress({ jobId: 'theirs', userId: USER, attempt: 2, stage: 'SAVING', progress: 1 });
  server.complete({ jobId: 'theirs' });
  await server.advance('1m');
  expect(listed()).toContain('theirs');
  expect(ends(lines.all)).toEqual(['completed theirs']);
});

test.each([
  ["somebody else's", THEIRS.userId, []],
  ['ours', USER, ['completed theirs']],
])('an end that overtakes the answer to the subscription is told as one of ours only where the answer says that the job is ours: it is %s', async (_whose, userId, told) => {
  const server = fakeServer({ isPublic: () => true });
  server.progress({ jobId: 'theirs', userId, stage: 'SAVING', progress: 5 });
  const lines = diary(server);
  await server.client.connect();
  server.delay('1s');
  server.client.subscribe({ jobId: 'theirs' });
  await server.advance('500ms');
  server.complete({ jobId: 'theirs', userId });
  await server.advance('100ms');
  expect(ends(lines)).toEqual([]);
  await server.advance('20s');
  expect(ends(lines)).toEqual(told);
});

test('a job that the user\'s list brings while its own subscription is turned down is ours, and its end is told', async () => {
  const server = fakeServer();
  const lines = diary(server);
  server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance('100ms');
  server.delay('1s');
  server.client.subscribe({ jobId: 'mine' });
  await server.advance(0);
  server.complete({ jobId: 'mine' });
  await server.advance('2m');
  expect([ends(lines), server.client.getJobs().length]).toEqual([['completed mine'], 1]);
});

test('a job of somebody else that is tracked stays to be seen after its end', async () => {
  const { server, release, listed } = await watching();
  server.client.trackJob('theirs');
  release();
  await server.advance('1s');
  server.complete(THEIRS);
  await server.advance('20s');
  expect([listed(), server.client.getJob('theirs')?.status]).toEqual([['mine'], 'completed']);
});
