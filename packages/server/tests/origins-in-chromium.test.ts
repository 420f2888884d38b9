import { describeWith, launchChromium } from '@notes/test-kit';
import { createServer, type RequestListener, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createJobEvents } from '../src/create-job-events.js';
import { socketServerOptions } from '../src/gateway/socket-server-options.js';
import { silent } from './job-server.js';

const portOf = (http: HttpServer): number => (http.address() as AddressInfo).port;
const listen = (http: HttpServer): Promise<void> => new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));

/** A server that lets pages of its own origin in, by a session that nothing but a cookie tells of; and a page there and elsewhere. */
async function startServer() {
  const http = createServer();
  await listen(http);
  const origin = `http://127.0.0.1:${portOf(http)}`;
  const page: RequestListener = ({ url }, response) =>
    void (url === '/page.html' && response.setHeader('Content-Type', 'text/html').end(`<script src="${origin}/socket.io/socket.io.js"></script>`));
  http.on('request', page);
  const elsewhere = createServer(page);
  await listen(elsewhere);
  // So that what keeps other pages out is not CORS, which a WebSocket does not know.
  const io = new Server(http, { maxHttpBufferSize: 100_000, cors: { origin: true, credentials: true } });
  const jobEvents = createJobEvents(io, {
    authenticate: ({ headers }) => (headers.get('cookie')?.includes('session=alice') ? { userId: 'alice' } : null),
    origins: [origin],
    logger: silent,
  });
  return {
    origin,
    otherOrigin: `http://localhost:${portOf(elsewhere)}`,
    async [Symbol.asyncDispose]() {
      await jobEvents.close();
      await io.close();
      elsewhere.close();
    },
  };
}

describeWith(['chromium'], 'a page with a cookie, in real Chromium', () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  beforeAll(async () => { browser = await launchChromium(); });
  afterAll(() => browser.close());

  /** What a page gets that connects with the user's cookies. */
  async function connect(serverOrigin: string, pageOrigin: string, transport: string): Promise<unknown> {
    const context = await browser.newContext();
    await context.addCookies([{ name: 'session', value: 'alice', url: serverOrigin }]);
    const page = await context.newPage();
    await page.goto(`${pageOrigin}/page.html`);
    const answer = await page.evaluate(`new Promise((resolve) => {
      const socket = io('${serverOrigin}/jobs', { transports: ['${transport}'], withCredentials: true });
      socket.on('connect', () => resolve('connected'));
      socket.on('connect_error', (error) => resolve(error.data?.code ?? error.message));
    })`);
    await context.close();
    return answer;
  }

  it.each(['websocket', 'polling'])('is let in from the allowed origin, and from no other, by %s', async (transport) => {
    await using server = await startServer();
    expect(await connect(server.origin, server.origin, transport)).toBe('connected');
    expect(await connect(server.origin, server.otherOrigin, transport)).toBe('FORBIDDEN');
  });

  it('comes from another origin of `origins` by long polling, with what socketServerOptions makes of it', async () => {
    const pages = createServer((_request, response) => void response.setHeader('Content-Type', 'text/html').end(`<script src="${origin}/socket.io/socket.io.js"></script>`));
    await listen(pages);
    const pageOrigin = `http://127.0.0.1:${portOf(pages)}`;
    const http = createServer();
    await listen(http);
    const origin = `http://127.0.0.1:${portOf(http)}`;
    const io = new Server(http, socketServerOptions({ origins: [`${pageOrigin}/`] }));
    const warned: object[] = [];
    const jobEvents = createJobEvents(io, {
      authenticate: ({ headers }) => (headers.get('cookie')?.includes('session=alice') ? { userId: 'alice' } : null),
      origins: [pageOrigin],
      logger: { ...silent, warn: (details) => warned.push(details) },
    });
    expect(await connect(origin, pageOrigin, 'polling')).toBe('connected');
    expect(warned).toEqual([]);
    await jobEvents.close();
    await io.close();
    pages.close();
  });
});
