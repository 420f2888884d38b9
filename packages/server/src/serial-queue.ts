/** Runs tasks one after the other, in the order given. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #size = 0;

  get isIdle(): boolean {
    return this.#size === 0;
  }

  /** Settles as the task does. The next one follows all the same. */
  run<T>(task: () => Promise<T>): Promise<T> {
    this.#size++;
    const done = this.#last.then(task).finally(() => this.#size--);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Resolves when everything given so far is done. */
  async settle(): Promise<void> {
    await this.#last;
  }
}

/** Runs tasks of the same key one after the other, in the order given, and tasks of different keys side by side. */
export class KeyedSerialQueue {
  readonly #queues = new Map<string, SerialQueue>();

  /** Resolves when the task is done. What it throws goes to `onError`, and the next task of the key follows all the same. */
  async run(key: string, task: () => Promise<void>, onError: (error: unknown) => void): Promise<void> {
    const queue = this.#queues.get(key) ?? new SerialQueue();
    this.#queues.set(key, queue);
    await queue.run(() => task().catch(onError));
    if (queue.isIdle && this.#queues.get(key) === queue) this.#queues.delete(key);
  }

  /** Resolves when everything given so far of this key, or of all keys, is done. */
  async settle(key?: string): Promise<void> {
    const queues = key === undefined ? [...this.#queues.values()] : [this.#queues.get(key)];
    await Promise.all(queues.map((queue) => queue?.settle()));
  }
}
