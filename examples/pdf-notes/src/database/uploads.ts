import type { Pool } from 'pg';
import { inTransaction } from './transaction.js';

/** A file and the job that will turn it into a note. */
export interface Upload {
  readonly jobId: string;
  readonly fileId: string;
  readonly userId: string;
  readonly fileName: string;
}

/** Uploaded files and the promise to work on them; both are kept until the job has ended. */
export class Uploads {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** From here on the job will be done, whatever crashes. */
  async save(upload: Upload, bytes: Uint8Array): Promise<void> {
    await inTransaction(this.#pool, async (client) => {
      await client.query('insert into files (id, user_id, name, bytes) values ($1, $2, $3, $4)', [
        upload.fileId,
        upload.userId,
        upload.fileName,
        bytes,
      ]);
      await client.query('insert into jobs (id, user_id, file_id) values ($1, $2, $3)', [
        upload.jobId,
        upload.userId,
        upload.fileId,
      ]);
    });
  }

  /** The queue has the job. */
  async markEnqueued(jobId: string): Promise<void> {
    await this.#pool.query('update jobs set enqueued_at = now() where id = $1', [jobId]);
  }

  /** Jobs that were promised more than `olderThanMs` ago and that the queue does not have, as far as is known. */
  async listNotEnqueued(olderThanMs: number): Promise<readonly Upload[]> {
    const { rows } = await this.#pool.query<Upload>(
      `select jobs.id as "jobId", files.id as "fileId", jobs.user_id as "userId", files.name as "fileName"
         from jobs join files on files.id = jobs.file_id
        where jobs.enqueued_at is null and jobs.created_at < now() - $1 * interval '1 millisecond'
        order by jobs.created_at limit 100`,
      [olderThanMs],
    );
    return rows;
  }

  /** `undefined` where the job has ended and its file is gone. */
  async readBytes(fileId: string): Promise<Uint8Array | undefined> {
    const { rows } = await this.#pool.query<{ bytes: Buffer }>('select bytes from files where id = $1', [fileId]);
    return rows[0]?.bytes;
  }

  /** Forgets the file and the promise. */
  async remove(jobId: string): Promise<void> {
    await this.#pool.query('delete from files where id = (select file_id from jobs where id = $1)', [jobId]);
  }
}
