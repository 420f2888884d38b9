/** Runs tasks of the same key one after the other, in the order given, and tasks of different keys side by side. */
export class TasksInTurn {
  readonly #last = new Map<string, Promise<void>>();

  /** Resolves when the task is done; what it throws goes to `onError`, and the next of the key follows all the same. */
  run(key: string, task: () => Promise<void>, onError: (error: unknown) => void): Promise<void> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const turn = before.then(task).catch(onError);
    this.#last.set(key, turn);
    void turn.then(() => {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    });
    return turn;
  }

  /** Resolves when everything given so far is done. */
  async settle(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
