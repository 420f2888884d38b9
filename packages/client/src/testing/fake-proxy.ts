import type { ClientOptions } from '../client-options.js';
import { openWithFallback } from '../transport/open-with-fallback.js';
import type { OpenTransport } from '../transport/transport.js';
import type { Timing } from '../timing.js';
import type { StatusReply } from './fake-status-endpoint.js';

/**
 * What answers status requests: `server`, or something in between with a page for people (`html`: 200, `not-found`: 404,
 * `bad-gateway`: 502), with another application's JSON (`other-json`), or with a redirect to a sign-in page (`sign-in`).
 */
export type FakeHttpAnswer = 'server' | 'html' | 'not-found' | 'bad-gateway' | 'other-json' | 'sign-in';

/** What becomes of WebSockets: they open, are refused, or stay silent, as where an upgrade is never answered or swallowed after its 101. */
export type FakeWebSockets = 'open' | 'refused' | 'swallowed';

export interface FakeProxyPolicy {
  /** Default at first: `server`. */
  readonly http?: FakeHttpAnswer;
  /** For connections from now on; long polling works whatever it says. Default at first: `open`. */
  readonly webSockets?: FakeWebSockets;
}

/** Where the fake sign-in page is. */
export const SIGN_IN_PATH = '/fake-sign-in';

/** The network's part of a fake server: a proxy between it and the page. */
export interface FakeProxy {
  setPolicy(policy: FakeProxyPolicy): void;
  /** What the proxy answers, or `undefined` where it passes the request on. */
  answer(): StatusReply | undefined;
  /** The client's transport: WebSocket, and long polling where the proxy lets none through. */
  transport(open: OpenTransport, timing: Timing, options: Pick<ClientOptions, 'transports'>): OpenTransport;
}

const page = (status: number, title: string, headers = {}): StatusReply => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body: `<!doctype html><title>${title}</title><h1>${title}</h1>`,
});

export const signInPage = page(200, 'Sign in');

const ANSWERS: Readonly<Record<FakeHttpAnswer, StatusReply | undefined>> = {
  server: undefined,
  html: page(200, 'Welcome'),
  'not-found': page(404, '404 Not Found'),
  'bad-gateway': page(502, '502 Bad Gateway'),
  'other-json': { status: 404, headers: { 'content-type': 'application/json' }, body: { message: 'no Route matched with those values' } },
  'sign-in': page(302, 'Found', { location: SIGN_IN_PATH }),
};

export function createFakeProxy(): FakeProxy {
  let policy: Required<FakeProxyPolicy> = { http: 'server', webSockets: 'open' };
  return {
    setPolicy: (changed) => void (policy = { ...policy, ...changed }),
    answer: () => ANSWERS[policy.http],
    transport(open, timing, { transports }) {
      const webSocket: OpenTransport = (token, listener, renew) => {
        if (policy.webSockets === 'open') return open(token, listener, renew);
        let isClosed = false;
        if (policy.webSockets === 'refused')
          void Promise.resolve().then(() => !isClosed && listener.onClose('UNREACHABLE', 'The fake proxy refuses WebSockets.'));
        return {
          request: () => Promise.reject(new Error('Not connected.')),
          close: () => void (isClosed = true),
        };
      };
      if (transports) return transports.includes('polling') ? open : webSocket;
      return openWithFallback(webSocket, open, timing);
    },
  };
}
