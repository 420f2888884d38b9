import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { StudyNotes } from '../notes/study-notes.js';
import { isUuid } from './is-uuid.js';
import { inTransaction } from './transaction.js';
import type { Upload } from './uploads.js';

export interface NoteListEntry {
  readonly id: string;
  readonly jobId: string;
  readonly title: string;
  readonly fileName: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export interface Note extends NoteListEntry, Readonly<StudyNotes> {}

interface ListRow {
  readonly id: string;
  readonly jobId: string;
  readonly title: string;
  readonly fileName: string;
  readonly createdAt: Date;
}

interface NoteRow extends ListRow, Omit<StudyNotes, 'title'> {}

const LIST_COLUMNS = 'notes.id, notes.job_id as "jobId", notes.title, notes.file_name as "fileName", notes.created_at as "createdAt"';

/** PostgreSQL has no place for NUL and for halves of characters, and a PDF may say that its letters are such. */
const storable = (text: string): string => text.replaceAll('\0', '').replaceAll(/\p{Cs}/gu, '');
const asJson = (value: unknown): string => JSON.stringify(value, (_key, each: unknown) => (typeof each === 'string' ? storable(each) : each));

export class Notes {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * Saves the note and its quiz, and forgets the file and what was read of it, which are no longer needed: all of it or
   * nothing. A job that has its note already keeps it.
   *
   * @returns the id of the note that stands.
   */
  async save(upload: Pick<Upload, 'jobId' | 'fileId' | 'userId' | 'fileName'>, notes: StudyNotes): Promise<string> {
    const noteId = randomUUID();
    return inTransaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(
        `insert into notes (id, job_id, user_id, file_name, title, summary, sections, key_terms)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (job_id) do nothing`,
        [
          noteId,
          upload.jobId,
          upload.userId,
          upload.fileName,
          storable(notes.title),
          storable(notes.summary),
          asJson(notes.sections),
          asJson(notes.keyTerms),
        ],
      );
      await client.query('delete from files where id = $1', [upload.fileId]);
      await client.query('delete from extracted_texts where job_id = $1', [upload.jobId]);
      if (rowCount === 0) {
        const { rows } = await client.query<{ id: string }>('select id from notes where job_id = $1', [upload.jobId]);
        return rows[0]?.id ?? noteId;
      }
      await client.query('insert into quizzes (note_id, questions) values ($1, $2)', [noteId, asJson(notes.quiz)]);
      return noteId;
    });
  }

  /** The note that a job has made already. */
  async idOfJob(jobId: string): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ id: string }>('select id from notes where job_id = $1', [jobId]);
    return rows[0]?.id;
  }

  /** A user's notes, newest first, at most 200. */
  async listOf(userId: string): Promise<readonly NoteListEntry[]> {
    const { rows } = await this.#pool.query<ListRow>(
      `select ${LIST_COLUMNS} from notes where user_id = $1 order by created_at desc, id limit 200`,
      [userId],
    );
    return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
  }

  /** `undefined` for a note that does not exist, and for somebody else's. */
  async find(userId: string, noteId: string): Promise<Note | undefined> {
    if (!isUuid(noteId)) return undefined;
    const { rows } = await this.#pool.query<NoteRow>(
      `select ${LIST_COLUMNS}, notes.summary, notes.sections, notes.key_terms as "keyTerms", quizzes.questions as quiz
         from notes join quizzes on quizzes.note_id = notes.id
        where notes.id = $1 and notes.user_id = $2`,
      [noteId, userId],
    );
    const [row] = rows;
    return row === undefined ? undefined : { ...row, createdAt: row.createdAt.toISOString() };
  }
}
