import type { Pool, PoolClient } from 'pg';
import type { JobPath } from '../pdf-notes-job.js';
import { inTransaction } from './transaction.js';

/** A file and the job that will turn it into a note. */
export interface Upload {
  readonly jobId: string;
  readonly fileId: string;
  readonly userId: string;
  readonly fileName: string;
  readonly path: JobPath;
  /** The attempt that the queue is asked for: 1, and a greater one each time its user wants it tried again. */
  readonly attempt: number;
}

const COLUMNS = 'jobs.id as "jobId", jobs.file_id as "fileId", jobs.user_id as "userId", jobs.file_name as "fileName", jobs.path, jobs.attempt';

/**
 * Uploaded files and the promise to work on them. The file is kept until its note is saved; that of a job which failed
 * or was cancelled a while longer. The promise is kept until the end of the job is certain.
 */
export class Uploads {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** From here on the job will be done, whatever crashes. A session outlives the database that it began with: its user is known again then. */
  async save({ jobId, fileId, userId, fileName, path, attempt }: Upload, bytes: Uint8Array): Promise<void> {
    await inTransaction(this.#pool, async (client) => {
      await client.query('insert into users (id, name) values ($1, $1) on conflict do nothing', [userId]);
      await client.query('insert into files (id, user_id, bytes) values ($1, $2, $3)', [fileId, userId, bytes]);
      await client.query('insert into jobs (id, user_id, file_id, file_name, path, attempt) values ($1, $2, $3, $4, $5, $6)', [
        jobId,
        userId,
        fileId,
        fileName,
        path,
        attempt,
      ]);
    });
  }

  /** From here on the job will be tried again. `undefined` where its file is gone. */
  async promiseAgain(jobId: string, attempt: number): Promise<Upload | undefined> {
    const { rows } = await this.#pool.query<Upload>(
      `update jobs set attempt = greatest(attempt, $2), ended_at = null,
              promised_at = case when attempt < $2 then now() else promised_at end,
              enqueued_at = case when attempt < $2 then null else enqueued_at end
        where id = $1 and file_id is not null returning ${COLUMNS}`,
      [jobId, attempt],
    );
    return rows[0];
  }

  /** The queue has the job. */
  async markEnqueued({ jobId, attempt }: Upload): Promise<void> {
    await this.#pool.query('update jobs set enqueued_at = now() where id = $1 and attempt = $2', [jobId, attempt]);
  }

  /** The queue has lost the job. */
  async markNotEnqueued({ jobId, attempt }: Upload): Promise<void> {
    await this.#pool.query('update jobs set enqueued_at = null where id = $1 and attempt = $2', [jobId, attempt]);
  }

  /** Jobs that were promised more than `olderThanMs` ago and that the queue does not have, as far as is known. */
  async listNotEnqueued(olderThanMs: number): Promise<readonly Upload[]> {
    const { rows } = await this.#pool.query<Upload>(
      `select ${COLUMNS} from jobs
        where enqueued_at is null and ended_at is null and promised_at < now() - $1 * interval '1 millisecond'
        order by promised_at limit 100`,
      [olderThanMs],
    );
    return rows;
  }

  /** Jobs that the queue has and whose end is not certain, at most 100, those first that were not asked for longest. */
  async listToCheck(): Promise<readonly Upload[]> {
    const { rows } = await this.#pool.query<Upload>(
      `update jobs set checked_at = now()
        where id in (select id from jobs where ended_at is null and enqueued_at is not null order by checked_at nulls first limit 100)
        returning ${COLUMNS}`,
    );
    return rows;
  }

  /** Whether the queue was asked for this attempt last: a user may have wanted another one since. */
  async isCurrent({ jobId, attempt }: Upload): Promise<boolean> {
    const { rows } = await this.#pool.query('select 1 from jobs where id = $1 and attempt > $2', [jobId, attempt]);
    return rows.length === 0;
  }

  /** `undefined` where the job has ended and its file is gone. */
  async readBytes(fileId: string): Promise<Uint8Array | undefined> {
    const { rows } = await this.#pool.query<{ bytes: Buffer }>('select bytes from files where id = $1', [fileId]);
    return rows[0]?.bytes;
  }

  /** The job failed or was cancelled: what was read of its file goes, the file itself stays for another try. */
  async end({ jobId, attempt }: Upload): Promise<void> {
    await inTransaction(this.#pool, async (client) => {
      const { rowCount } = await client.query('update jobs set ended_at = now() where id = $1 and attempt = $2', [jobId, attempt]);
      if (rowCount === 1) await client.query('delete from extracted_texts where job_id = $1', [jobId]);
    });
  }

  /** Forgets the file and the promise. */
  async remove(jobId: string): Promise<void> {
    await inTransaction(this.#pool, (client) => removeJobs(client, 'id = $1', [jobId]));
  }

  /** Forgets what failed or was cancelled more than `olderThanMs` ago. Resolves to how many jobs that were. */
  async removeEnded(olderThanMs: number): Promise<number> {
    return inTransaction(this.#pool, (client) => removeJobs(client, "ended_at < now() - $1 * interval '1 millisecond'", [olderThanMs]));
  }
}

async function removeJobs(client: PoolClient, condition: string, values: readonly unknown[]): Promise<number> {
  const { rows } = await client.query<{ fileId: string | null }>(`delete from jobs where ${condition} returning file_id as "fileId"`, [...values]);
  await client.query('delete from files where id = any ($1)', [rows.map(({ fileId }) => fileId)]);
  return rows.length;
}
