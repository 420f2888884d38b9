/** What happens to broadcasts between the server and its connections: some are lost, repeated or held back. */
export interface FakeBroadcasts<Job> {
  send(job: Job): void;
  drop(count: number): void;
  duplicate(count: number): void;
  reorder(count: number): void;
  /** Delivers what is held back, in reverse. */
  release(): void;
}

export function createFakeBroadcasts<Job>(deliver: (job: Job) => void): FakeBroadcasts<Job> {
  const faults = { drop: 0, duplicate: 0, reorder: 0 };
  const held: Job[] = [];

  function release(): void {
    faults.reorder = 0;
    held.splice(0).toReversed().forEach(deliver);
  }

  return {
    send(job) {
      if (faults.drop > 0) faults.drop--;
      else if (faults.reorder > 0) {
        held.push(job);
        if (--faults.reorder === 0) release();
      } else {
        deliver(job);
        if (faults.duplicate > 0) {
          faults.duplicate--;
          deliver(job);
        }
      }
    },
    drop: (count) => void (faults.drop += count),
    duplicate: (count) => void (faults.duplicate += count),
    reorder: (count) => void (faults.reorder += count),
    release,
  };
}
