export interface AnnouncementOptions {
  /** At least so long between two announcements, in milliseconds: a person has to be able to hear them. */
  readonly everyMs?: number;
  /** At most so many subjects in one. */
  readonly most?: number;
}

/** What is said soon after another thing is said together with it. */
const COLLECT_MS = 300;

/**
 * What a screen reader should be told, one thing after the other: of each subject only the latest, and not more than a
 * person can hear.
 */
export class Announcements {
  readonly #publish: (text: string) => void;
  readonly #everyMs: number;
  readonly #most: number;
  readonly #waiting = new Map<string, string>();
  readonly #said = new Map<string, string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #quietUntil = 0;

  /** @param publish puts a text into the live region of the page */
  constructor(publish: (text: string) => void, { everyMs = 3_000, most = 3 }: AnnouncementOptions = {}) {
    this.#publish = publish;
    this.#everyMs = everyMs;
    this.#most = most;
  }

  /** Says something about a subject, unless it was the last that was said about it. */
  say(subject: string, text: string): void {
    if (this.#said.get(subject) === text) return;
    this.#said.set(subject, text);
    this.#waiting.delete(subject);
    this.#waiting.set(subject, text);
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#flush(), Math.max(COLLECT_MS, this.#quietUntil - performance.now()));
  }

  /** Everybody knows this already: it is what the page began with. */
  assume(subject: string, text: string): void {
    if (!this.#said.has(subject)) this.#said.set(subject, text);
  }

  /** Says it only where something else about the subject was said before: that all is well is no news by itself. */
  amend(subject: string, text: string): void {
    if (this.#said.has(subject)) this.say(subject, text);
  }

  #flush(): void {
    const now = [...this.#waiting].slice(0, this.#most);
    for (const [subject] of now) this.#waiting.delete(subject);
    this.#publish(now.map(([, text]) => text).join(' '));
    this.#quietUntil = performance.now() + this.#everyMs;
    this.#timer = this.#waiting.size > 0 ? setTimeout(() => this.#flush(), this.#everyMs) : undefined;
  }
}
