import { isFinal } from '@notes/job-events-protocol';
import type { ChangeQuery, CreationQuery, JobRecord } from '../store/job-store.js';
import { LIST, RANGE, UNLIST } from './redis-scripts.js';

export interface RedisUserIndexOptions {
  readonly keyPrefix: string;
  /** How long a job of which nothing is heard stays listed. */
  readonly listedForMs: number;
  readonly command: (...args: string[]) => Promise<unknown>;
  readonly get: (jobIds: readonly string[]) => Promise<readonly (JobRecord | undefined)[]>;
  readonly now: () => Promise<number>;
}

const PAGE = 200;
const MOST_OF_ONE_USER = 10_000;
/** A job is listed before it is kept, by far less than this. */
const LISTED_BEFORE_KEPT_MS = 60_000;

/** What is listed, whether or not it is kept any more, and when it changed as far as the list knows. */
type Page = readonly { readonly jobId: string; readonly changedAt?: number }[];

/**
 * A user's jobs in two sorted sets, by creation and by change. They may name jobs that have expired: those are left out,
 * and unlisted when somebody reads.
 */
export class RedisUserIndex {
  readonly #options: RedisUserIndexOptions;

  constructor(options: RedisUserIndexOptions) {
    this.#options = options;
  }

  async add({ userId, snapshot, changedAt }: JobRecord): Promise<void> {
    const { command, listedForMs } = this.#options;
    const times = [Date.parse(snapshot.createdAt), Math.floor(changedAt), listedForMs].map(String);
    await command('EVAL', LIST, '2', ...this.#keys(userId), snapshot.jobId, ...times, `${MOST_OF_ONE_USER}`);
  }

  listByCreation({ userId, finishedAfter, before, limit }: CreationQuery): Promise<readonly JobRecord[]> {
    const [byCreation] = this.#keys(userId);
    const newest = before === undefined ? '+inf' : `${Date.parse(before.createdAt)}`;
    const isBelow = ({ createdAt, jobId }: { createdAt: string; jobId: string }): boolean =>
      before === undefined || createdAt < before.createdAt || (createdAt === before.createdAt && jobId < before.jobId);
    return this.#collect(
      userId,
      limit,
      async (offset) => {
        const jobIds = await this.#options.command('ZREVRANGEBYSCORE', byCreation, newest, '-inf', 'LIMIT', `${offset}`, `${PAGE}`);
        return (jobIds as string[]).map((jobId) => ({ jobId }));
      },
      ({ snapshot, changedAt }) => isBelow(snapshot) && (!isFinal(snapshot.status) || changedAt >= finishedAfter),
    );
  }

  /** Goes on from the time that was read last, not from a place: jobs that change move to the end, and places with them. */
  listChanged({ userId, changedSince, limit }: ChangeQuery): Promise<readonly JobRecord[]> {
    const [, byChange] = this.#keys(userId);
    let from = Math.floor(changedSince);
    let readAtFrom = new Set<string>();
    return this.#collect(userId, limit, async () => {
      const answer = await this.#options.command('EVAL', RANGE, '1', byChange, `${from}`, '+inf', `${PAGE + readAtFrom.size}`);
      const page = inPairs(answer as string[])
        .map(([jobId, changedAt]) => ({ jobId, changedAt: Number(changedAt) }))
        .filter(({ jobId, changedAt }) => changedAt > from || !readAtFrom.has(jobId));
      const last = page.at(-1)?.changedAt ?? from;
      if (last > from) readAtFrom = new Set();
      from = last;
      for (const { jobId, changedAt } of page) if (changedAt === from) readAtFrom.add(jobId);
      return page;
    });
  }

  async #collect(
    userId: string,
    limit: number,
    readPage: (offset: number) => Promise<Page>,
    isWanted: (record: JobRecord) => boolean = () => true,
  ): Promise<readonly JobRecord[]> {
    const found: JobRecord[] = [];
    const gone: string[] = [];
    for (let offset = 0; found.length < limit; offset += PAGE) {
      const page = await readPage(offset);
      const records = await this.#options.get(page.map(({ jobId }) => jobId));
      page.forEach(({ jobId, changedAt }, index) => {
        const record = records[index];
        if (record === undefined) gone.push(jobId);
        // A reader goes on from the time that the list is in the order of.
        else if (isWanted(record)) found.push({ ...record, changedAt: changedAt ?? record.changedAt });
      });
      if (page.length < PAGE) break;
    }
    if (gone.length > 0) await this.#unlist(userId, gone);
    return found.slice(0, limit);
  }

  async #unlist(userId: string, jobIds: readonly string[]): Promise<void> {
    const before = (await this.#options.now()) - LISTED_BEFORE_KEPT_MS;
    await this.#options.command('EVAL', UNLIST, '2', ...this.#keys(userId), `${before}`, ...jobIds);
  }

  /** The braces make a cluster keep the two together. */
  #keys(userId: string): readonly [byCreation: string, byChange: string] {
    const tag = `{${this.#options.keyPrefix}-of:${userId}}`;
    return [`${tag}:created`, `${tag}:changed`];
  }
}

const inPairs = (list: readonly string[]): [string, string][] =>
  Array.from({ length: list.length / 2 }, (_, index) => [list[index * 2]!, list[index * 2 + 1]!]);
