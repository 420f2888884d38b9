import { isFinal } from '@notes/job-events-protocol';
import { Remembered } from '../remembered.js';
import { touchedAt } from '../store/job-state.js';
import type { JobRecord, UnfinishedJob, UnfinishedQuery } from '../store/job-store.js';
import { pickUnfinished } from '../store/list-records.js';
import type { Timing } from '../timing.js';
import { LIST_UNFINISHED, RANGE, UNLIST_UNFINISHED } from './redis-scripts.js';

export interface RedisUnfinishedIndexOptions {
  readonly keyPrefix: string;
  /** How long a job of which nothing is heard stays listed, in ms. */
  readonly listedForMs: number;
  readonly command: (...args: string[]) => Promise<unknown>;
  readonly get: (jobIds: readonly string[]) => Promise<readonly (JobRecord | undefined)[]>;
  readonly now: () => Promise<number>;
  readonly timing: Timing;
}

const PAGE = 200;
/** Whatever happens to a job, its entry is written again at most this often. So entries lag behind by this much. */
const LISTED_AGAIN_AFTER_MS = 60_000;
const REMEMBERED = 10_000;

/**
 * The unfinished jobs of all users in one sorted set, by the time when they were last touched. An entry is written after
 * its record and lags behind it: what it points to is read, and decides. Entries of jobs that have ended or expired are
 * removed by whoever finds them, and age.
 */
export class RedisUnfinishedIndex {
  readonly #options: RedisUnfinishedIndexOptions;
  /** When this process wrote the entry of a job, on its own clock. */
  readonly #listedAt = new Remembered<number>(REMEMBERED);

  constructor(options: RedisUnfinishedIndexOptions) {
    this.#options = options;
  }

  /** Writes the entry of a record that is stored. */
  async put(record: JobRecord): Promise<void> {
    const { command, listedForMs, timing } = this.#options;
    const { jobId, status } = record.snapshot;
    if (isFinal(status)) {
      this.#listedAt.delete(jobId);
      await command('EVAL', UNLIST_UNFINISHED, '1', this.#key, `${touchedAt(record)}`, jobId);
      return;
    }
    const listedAt = this.#listedAt.get(jobId);
    const now = timing.monotonic();
    if (listedAt !== undefined && now - listedAt < LISTED_AGAIN_AFTER_MS) return;
    await command('EVAL', LIST_UNFINISHED, '1', this.#key, jobId, `${touchedAt(record)}`, `${listedForMs + 2 * LISTED_AGAIN_AFTER_MS}`);
    this.#listedAt.set(jobId, now);
  }

  /** No entry is ahead of its record. So once the entries up to a time are read, the records up to that time are known. */
  async list(query: UnfinishedQuery): Promise<readonly UnfinishedJob[]> {
    const now = await this.#options.now();
    const until = now - query.untouchedForMs;
    const found: JobRecord[] = [];
    let from = query.after?.touchedAt ?? 0;
    let readAtFrom = new Set<string>();
    for (;;) {
      const page = (await this.#readPage(from, until, PAGE + readAtFrom.size)).filter(([jobId]) => !readAtFrom.has(jobId));
      found.push(...(await this.#recordsOf(page, now)));
      const last = page.at(-1)?.[1] ?? from;
      if (last > from) readAtFrom = new Set();
      from = last;
      for (const [jobId, score] of page) if (score === from) readAtFrom.add(jobId);
      const isComplete = page.length < PAGE;
      const picked = pickUnfinished(found, query, now);
      const known = isComplete ? picked : picked.filter((job) => job.touchedAt < from);
      if (isComplete || known.length >= query.limit) return known;
    }
  }

  async #readPage(from: number, until: number, count: number): Promise<(readonly [jobId: string, score: number])[]> {
    const answer = await this.#options.command('EVAL', RANGE, '1', this.#key, `${from}`, `${until}`, `${count}`) as string[];
    return Array.from({ length: answer.length / 2 }, (_, index) => [answer[index * 2]!, Number(answer[index * 2 + 1])] as const);
  }

  /** Brings the entries up to date on the way. */
  async #recordsOf(page: readonly (readonly [jobId: string, score: number])[], now: number): Promise<JobRecord[]> {
    const { command, get } = this.#options;
    const records = await get(page.map(([jobId]) => jobId));
    const found: JobRecord[] = [];
    const gone: string[] = [];
    const later: string[] = [];
    page.forEach(([jobId, score], index) => {
      const record = records[index];
      if (record === undefined || isFinal(record.snapshot.status)) return void gone.push(jobId);
      found.push(record);
      if (touchedAt(record) > score) later.push(`${touchedAt(record)}`, jobId);
    });
    await Promise.all([
      gone.length > 0 && command('EVAL', UNLIST_UNFINISHED, '1', this.#key, `${now - LISTED_AGAIN_AFTER_MS}`, ...gone),
      later.length > 0 && command('ZADD', this.#key, 'XX', 'GT', ...later),
    ]);
    return found;
  }

  get #key(): string {
    return `{${this.#options.keyPrefix}}:unfinished`;
  }
}
