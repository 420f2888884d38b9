import { isFinal } from '@notes/job-events-protocol';
import type { JobRecord } from './job-record.js';
import type { ChangeQuery, CreationQuery } from './job-store.js';
import { compareChange, compareCreation, type Changed, type Created } from './record-order.js';
import { SortedList } from './sorted-list.js';

interface Listed extends Created {
  readonly record: JobRecord;
}

/** A user's records in both orders in which they are read, so that a page of a list costs what it holds. */
export class UserJobs {
  readonly #byCreation = new SortedList<Created, Listed>(compareCreation);
  readonly #byChange = new SortedList<Changed, JobRecord>(compareChange);

  get isEmpty(): boolean {
    return this.#byChange.size === 0;
  }

  add(record: JobRecord): void {
    this.#byCreation.add({ createdAt: record.snapshot.createdAt, jobId: record.snapshot.jobId, record });
    this.#byChange.add(record);
  }

  delete(record: JobRecord): void {
    this.#byCreation.delete(record.snapshot);
    this.#byChange.delete(record);
  }

  /** Answers {@link JobStore.listByCreation}. */
  listByCreation({ finishedAfter, before, limit }: CreationQuery): JobRecord[] {
    const page: JobRecord[] = [];
    for (const { record } of this.#byCreation.downFrom(before)) {
      if (page.length === limit) break;
      if (!isFinal(record.snapshot.status) || record.changedAt >= finishedAfter) page.push(record);
    }
    return page;
  }

  /** Answers {@link JobStore.listChanged}. */
  listChanged({ changedSince, limit }: ChangeQuery): JobRecord[] {
    const page: JobRecord[] = [];
    for (const record of this.#byChange.upFrom({ changedAt: changedSince, snapshot: { jobId: '' } })) {
      if (page.length === limit) break;
      page.push(record);
    }
    return page;
  }
}
