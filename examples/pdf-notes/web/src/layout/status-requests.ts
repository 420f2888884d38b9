/** Whether the last request for the state of jobs was answered; `none` where there was none since the connection was live. */
export type StatusAnswer = 'none' | 'answered' | 'unanswered';

/**
 * Looks over the client's shoulder while it asks for jobs over HTTP: only who sees the answers can say "polling" rather
 * than "offline".
 */
export class StatusRequests {
  readonly #fetch: typeof fetch;
  readonly #subscribers = new Set<() => void>();
  #last: StatusAnswer = 'none';

  constructor(innerFetch: typeof fetch = (...request) => fetch(...request)) {
    this.#fetch = innerFetch;
  }

  /** To be given to the client. */
  readonly fetch: typeof fetch = async (...request) => {
    try {
      const response = await this.#fetch(...request);
      this.#set(response.status < 500 ? 'answered' : 'unanswered');
      return response;
    } catch (error) {
      this.#set('unanswered');
      throw error;
    }
  };

  readonly subscribe = (subscriber: () => void): (() => void) => {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  };

  readonly getLast = (): StatusAnswer => this.#last;

  /** The connection is live, and what was answered before says nothing any more. */
  forget(): void {
    this.#set('none');
  }

  #set(answer: StatusAnswer): void {
    if (answer === this.#last) return;
    this.#last = answer;
    this.#subscribers.forEach((subscriber) => subscriber());
  }
}
