/** Runs tasks of the same key one after the other, in the order given, and tasks of different keys side by side. */
export class KeyedSerialQueue {
  readonly #last = new Map<string, Promise<void>>();

  /** Resolves when the task is done. What it throws goes to `onError`, and the next task of the key follows all the same. */
  run(key: string, task: () => Promise<void>, onError: (error: unknown) => void): Promise<void> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const done = before.then(task).catch(onError);
    this.#last.set(key, done);
    void done.then(() => {
      if (this.#last.get(key) === done) this.#last.delete(key);
    });
    return done;
  }

  /** Resolves when everything given so far of this key, or of all keys, is done. */
  async settle(key?: string): Promise<void> {
    await (key === undefined ? Promise.all(this.#last.values()) : this.#last.get(key));
  }
}
