import type { Pool } from 'pg';
import type { DocumentText } from '../pdf/document-text.js';

/** What one step has read of a PDF, until the next one has made a note of it or the job has ended. */
export class ExtractedTexts {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** What an attempt before this one has read is replaced. */
  async save(jobId: string, document: DocumentText): Promise<void> {
    await this.#pool.query(
      'insert into extracted_texts (job_id, document) values ($1, $2) on conflict (job_id) do update set document = excluded.document',
      [jobId, JSON.stringify(document)],
    );
  }

  async read(jobId: string): Promise<DocumentText | undefined> {
    const { rows } = await this.#pool.query<{ document: string }>('select document from extracted_texts where job_id = $1', [jobId]);
    return rows[0] && (JSON.parse(rows[0].document) as DocumentText);
  }
}
