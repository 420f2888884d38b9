import { onTestFinished } from 'vitest';
import type { JobHandlers } from '../src/index.js';
import { createFakeJobServer, type FakeJobServer, type FakeJobServerOptions } from '../src/testing/index.js';

export const USER = 'user-1';

/** A fake server that is closed with the test. */
export function fakeServer(options?: FakeJobServerOptions): FakeJobServer {
  const server = createFakeJobServer(options);
  onTestFinished(() => server.close());
  return server;
}

/** A fake server whose client is connected and follows its user's jobs. */
export async function followedServer(options?: FakeJobServerOptions): Promise<FakeJobServer> {
  const server = fakeServer(options);
  server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance(0);
  return server;
}

/** Writes down what an application is told, as short lines. */
export function diary(server: FakeJobServer, callbacks: 'all' | 'tracked' = 'all'): string[] {
  const lines: string[] = [];
  const ended = (word: string, jobId: string, context: { initial: boolean; tracked: boolean }) =>
    lines.push([word, jobId, ...(context.initial ? ['initial'] : []), ...(context.tracked ? ['tracked'] : [])].join(' '));
  const handlers: JobHandlers<any> = {
    onJobProgress: (job: any) => lines.push(`progress ${job.jobId} ${job.progress}`),
    onJobCompleted: (_result: unknown, job: any, context: any) => ended('completed', job.jobId, context),
    onJobError: (_error: unknown, job: any, context: any) => ended('failed', job.jobId, context),
    onJobCancelled: (job: any, context: any) => ended('cancelled', job.jobId, context),
    onJobRetrying: (_error: unknown, job: any) => lines.push(`retrying ${job.jobId}`),
    onSubscriptionError: (error, subscription) => lines.push(`${error.code} ${Object.values(subscription)[0]}`),
  };
  server.client.on(handlers, { callbacks });
  return lines;
}

/** How often a request of this name was sent. */
export const sent = (server: FakeJobServer, name: string): number =>
  server.requests.filter((request) => request.name.startsWith(name)).length;
