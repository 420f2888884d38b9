/** Writes down which promises were broken, each once, with the first case of it. */
export class Witness {
  readonly #broken = new Map<string, string>();

  get broken(): ReadonlySet<string> {
    return new Set(this.#broken.keys());
  }

  /** For a person who reads why a history failed. */
  get cases(): readonly string[] {
    return [...this.#broken].map(([promise, detail]) => `${promise}: ${detail}`);
  }

  accuse(promise: ClientPromise, detail: string): void {
    if (!this.#broken.has(promise)) this.#broken.set(promise, detail);
  }
}

const PROMISES = [
  'a view went back',
  'an end was told twice',
  'the end that stands was not told',
  'a client shows something else than the server',
  'the job of another user was shown',
  'a tab took over what another one tracked',
  'what the server allows was given up',
  'no connection although the server is reachable',
  'over HTTP a job was not seen in time',
] as const;
export type ClientPromise = (typeof PROMISES)[number];
