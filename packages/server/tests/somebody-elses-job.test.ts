import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, startJobServer, type JobServer } from './job-server.js';

/**
 * Whether a job exists is nobody's business but its owner's: a job of bob's, `bobs`, and `none`, which is not there, are
 * answered to alice byte for byte the same. Each is asked in the place of the other, and the one answer has to be the
 * other one with the two ids exchanged. They are of one length, so that no Content-Length differs for their sake.
 */
let server: JobServer;

beforeAll(async () => {
  server = await startJobServer();
  await server.emitter.emitProgress({ jobId: 'bobs', userId: 'bob', stage: 'SAVING', progress: 20 });
  await server.emitter.emitCompleted({ jobId: 'hers', userId: 'alice', result: 1 });
  await server.emitter.flush();
});

afterAll(() => server[Symbol.asyncDispose]());

const exchanged = (said: string): string => said.replaceAll(/none|bobs/g, (id) => (id === 'none' ? 'bobs' : 'none'));

describe('somebody else’s job is answered as no job is', () => {
  it.each([
    ['subscribe', 'alone', (one: string) => ({ jobId: one })],
    ['subscribe', 'in a batch of one', (one: string) => ({ subscriptions: [{ jobId: one }] })],
    ['subscribe', 'in a batch with the other', (one: string, other: string) => ({ subscriptions: [{ jobId: one }, { jobId: 'hers' }, { jobId: other }] })],
    ['sync', 'alone', (one: string) => ({ jobs: [{ jobId: one, version: [1, 0, 0, 1] }] })],
    ['sync', 'with the other', (one: string, other: string) => ({ jobs: [one, 'hers', other].map((jobId) => ({ jobId, version: [1, 0, 0, 1] })) })],
    ['sync', 'with a version newer than any', (one: string) => ({ jobs: [{ jobId: one, version: [9, 9, 9, 9] }] })],
    ['unsubscribe', 'alone', (one: string) => ({ jobId: one })],
    ['cancel', 'alone', (one: string) => ({ jobId: one })],
  ])('%s, %s', async (event, _, asking) => {
    const socket = await server.connect('alice');
    const answers: string[] = [];
    // An answer is an acknowledgement, `3/jobs,` and the number of what it answers; nothing else may come.
    socket.io.engine.on('packet', ({ type, data }: { type: string; data?: unknown }) => type === 'message' && answers.push(String(data).replace(/^3\/jobs,\d+/, '')));
    await ask(socket, event, asking('none', 'bobs'));
    await ask(socket, event, asking('bobs', 'none'));
    expect(answers).toHaveLength(2);
    expect(answers[1]).toBe(exchanged(answers[0] ?? ''));
    socket.disconnect();
  });

  it.each([
    ['GET /api/jobs/{one}', {}],
    ['GET /api/jobs/{one}', { 'If-None-Match': '*' }],
    ['HEAD /api/jobs/{one}', {}],
    ['GET /api/jobs?ids={one}', {}],
    ['GET /api/jobs?ids={one},hers,{other}', {}],
    ['POST /api/jobs/{one}/cancel', {}],
    ['GET /api/jobs/{one}/cancel', {}],
    ['DELETE /api/jobs/{one}', {}],
  ])('%s %o: status, headers and body', async (template, headers) => {
    const asking = (one: string, other: string): Promise<string> => answerTo(template.replace('{one}', one).replace('{other}', other), headers);
    const none = await asking('none', 'bobs');
    expect(await asking('bobs', 'none')).toBe(exchanged(none));
  });
});

/** All of an HTTP answer as it came, its headers in their order, but for the date. */
async function answerTo(line: string, headers: object): Promise<string> {
  const [method, path = ''] = line.split(' ');
  const sent = request(server.origin + path, { ...(method !== undefined && { method }), headers: { ...headers, authorization: 'Bearer alice' } }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const { statusCode, statusMessage, rawHeaders } = answer;
  const lines = rawHeaders.flatMap((name, at) => (at % 2 === 0 && name.toLowerCase() !== 'date' ? [`${name}: ${rawHeaders[at + 1]}`] : []));
  return [`${statusCode} ${statusMessage}`, ...lines, '', await text(answer)].join('\n');
}
