import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What sockets ask for by HTTP waits until there is something to tell, and is asked again elsewhere. */
const LONG_POLL = /^\/socket\.io\//;

/** Knows which requests have not been answered yet, so that none of them is broken off by a shutdown. */
export class RequestsUnderWay {
  readonly #server: Server;
  readonly #underWay = new Set<ServerResponse>();
  #isStopping = false;
  #settled: () => void = () => {};

  constructor(server: Server) {
    this.#server = server;
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      if (LONG_POLL.test(request.url ?? '')) return;
      this.#underWay.add(response);
      response.once('close', () => {
        this.#underWay.delete(response);
        // A connection that is kept would bring another request, and another one.
        if (this.#isStopping) request.socket.destroySoon();
        if (this.#underWay.size === 0) this.#settled();
      });
    });
  }

  /** Takes no new connections, and resolves when what is under way is answered, after `patienceMs` at the latest. */
  async finish(patienceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#server.close();
    if (this.#underWay.size === 0) return;
    const tooLate = new AbortController();
    const answered = new Promise<void>((resolve) => {
      this.#settled = resolve;
    });
    await Promise.race([answered, sleep(patienceMs, undefined, { signal: tooLate.signal }).catch(() => {})]);
    tooLate.abort();
  }
}
