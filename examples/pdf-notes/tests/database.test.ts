import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalPostgres, startLocalPostgres } from '@notes/local-postgres';
import { type Pool } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { alone } from '../src/database/alone.js';
import { ExtractedTexts } from '../src/database/extracted-texts.js';
import { migrate } from '../src/database/migrate.js';
import { Notes } from '../src/database/notes.js';
import { openPool } from '../src/database/open-pool.js';
import { inTransaction } from '../src/database/transaction.js';
import { type Upload, Uploads } from '../src/database/uploads.js';
import { Users } from '../src/database/users.js';
import type { StudyNotes } from '../src/notes/study-notes.js';
import type { DocumentText } from '../src/pdf/document-text.js';

let postgres: LocalPostgres;
let pool: Pool;
let uploads: Uploads;
let notes: Notes;

beforeAll(async () => {
  postgres = await startLocalPostgres();
  pool = openPool(postgres.connectionString, pino({ level: 'silent' }));
  // Processes that start together.
  await Promise.all([migrate(pool), migrate(pool), migrate(pool)]);
  uploads = new Uploads(pool);
  notes = new Notes(pool);
});

afterAll(async () => {
  await pool.end();
  await postgres.stop();
});

beforeEach(async () => {
  await pool.query('truncate users cascade');
  await new Users(pool).save({ id: 'ada', name: 'Ada' });
});

const bytes = new Uint8Array([0, 1, 2, 255]);
const newUpload = (): Upload => ({ jobId: randomUUID(), fileId: randomUUID(), userId: 'ada', fileName: 'paper.pdf', path: 'optimized', attempt: 1 });
const studyNotes: StudyNotes = {
  title: 'Cells',
  summary: 'Every living thing is made of cells.',
  sections: [{ heading: 'Parts', points: ['The nucleus keeps the genes.'] }],
  keyTerms: [{ term: 'nucleus', explanation: 'The nucleus keeps the genes.' }],
  quiz: [{ question: 'The ____ keeps the genes.', choices: ['nucleus', 'wall'], answer: 'nucleus', explanation: 'The nucleus keeps the genes.' }],
};

const countOf = async (table: 'files' | 'jobs' | 'notes' | 'quizzes' | 'extracted_texts') =>
  Number((await pool.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]?.count);

test('migrating a database that is up to date changes nothing', async () => {
  await uploads.save(newUpload(), bytes);
  await migrate(pool);
  expect(await countOf('files')).toBe(1);
});

test('a database of the first version keeps its jobs, and the queue may have them', async () => {
  const name = `old_${randomUUID().replaceAll('-', '')}`;
  await pool.query(`create database ${name}`);
  const old = openPool(postgres.connectionString.replace(/\/[^/]*$/, `/${name}`), pino({ level: 'silent' }));
  try {
    const first = '001-sign-in-uploads-and-notes.sql';
    await old.query(await readFile(new URL(`../migrations/${first}`, import.meta.url), 'utf8'));
    await old.query('create table migrations (name text primary key, applied_at timestamptz not null default now())');
    await old.query('insert into migrations (name) values ($1)', [first]);
    const { jobId, fileId } = newUpload();
    await old.query("insert into users (id, name) values ('ada', 'Ada')");
    await old.query("insert into files (id, user_id, name, bytes) values ($1, 'ada', 'paper.pdf', '')", [fileId]);
    await old.query("insert into jobs (id, user_id, file_id, created_at) values ($1, 'ada', $2, now() - interval '1 hour')", [jobId, fileId]);
    await migrate(old);
    expect(await new Uploads(old).listNotEnqueued(60_000)).toEqual([{ ...newUpload(), jobId, fileId }]);
  } finally {
    await old.end();
  }
});

test('an upload comes back byte for byte until its job has ended', async () => {
  const upload = newUpload();
  await uploads.save(upload, bytes);
  expect(new Uint8Array((await uploads.readBytes(upload.fileId)) ?? [])).toEqual(bytes);
  await uploads.remove(upload.jobId);
  expect(await uploads.readBytes(upload.fileId)).toBeUndefined();
  expect(await countOf('jobs')).toBe(0);
});

test('a job that the queue may not have is found until the queue has it', async () => {
  const upload = newUpload();
  await uploads.save(upload, bytes);
  expect(await uploads.listNotEnqueued(60_000)).toEqual([]);
  expect(await uploads.listNotEnqueued(0)).toEqual([upload]);
  await uploads.markEnqueued(upload);
  expect(await uploads.listNotEnqueued(0)).toEqual([]);
});

test('a job that is to be tried again is promised again, once, as long as its file is there', async () => {
  const upload = newUpload();
  await uploads.save(upload, bytes);
  await uploads.markEnqueued(upload);
  await uploads.end(upload);
  expect(await uploads.listToCheck()).toEqual([]);

  const again = { ...upload, attempt: 3 };
  expect(await Promise.all([uploads.promiseAgain(upload.jobId, 3), uploads.promiseAgain(upload.jobId, 3)])).toEqual([again, again]);
  expect(await uploads.listNotEnqueued(0)).toEqual([again]);
  await uploads.markEnqueued(upload); // of the attempt before
  expect(await uploads.listNotEnqueued(0)).toEqual([again]);
  await uploads.markEnqueued(again);
  expect(await uploads.promiseAgain(upload.jobId, 3)).toEqual(again);
  expect(await uploads.listNotEnqueued(0)).toEqual([]);
  expect(await uploads.listToCheck()).toEqual([again]);
  expect([await uploads.isCurrent(upload), await uploads.isCurrent(again)]).toEqual([false, true]);

  await notes.save(upload, studyNotes);
  expect(await uploads.promiseAgain(upload.jobId, 4)).toBeUndefined();
});

test('what was read of a PDF comes back whatever characters are in it, and goes when the job ends', async () => {
  const texts = new ExtractedTexts(pool);
  const upload = newUpload();
  await uploads.save(upload, bytes);
  const document: DocumentText = { pageCount: 2, blocks: [{ kind: 'paragraph', page: 1, text: 'a\u0000b \ud800 漢字 "\\' }] };
  await texts.save(upload.jobId, { pageCount: 1, blocks: [] });
  await texts.save(upload.jobId, document);
  expect(await texts.read(upload.jobId)).toEqual(document);
  await uploads.end(upload);
  expect(await texts.read(upload.jobId)).toBeUndefined();
});

test('the file of a job that failed is kept for its time, and then it and the job are gone', async () => {
  const upload = newUpload();
  await uploads.save(upload, bytes);
  await uploads.end(upload);
  const going = newUpload();
  await uploads.save(going, bytes);
  expect(await uploads.removeEnded(60_000)).toBe(0);
  await pool.query("update jobs set ended_at = now() - interval '61 seconds' where id = $1", [upload.jobId]);
  expect(await uploads.removeEnded(60_000)).toBe(1);
  expect(await uploads.readBytes(upload.fileId)).toBeUndefined();
  expect(await uploads.readBytes(going.fileId)).toBeDefined();
});

test('of several processes one at a time does what is to be done alone', async () => {
  const done: string[] = [];
  await alone(pool, 'sweeping', async () => {
    await alone(pool, 'sweeping', async () => void done.push('second'));
    await alone(pool, 'dusting', async () => void done.push('other'));
    done.push('first');
  });
  await expect(alone(pool, 'sweeping', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await alone(pool, 'sweeping', async () => void done.push('later'));
  expect(done).toEqual(['other', 'first', 'later']);
});

test('a job has one note, however often it is saved, and the file and its text are forgotten with it', async () => {
  const upload = newUpload();
  await uploads.save(upload, bytes);
  await new ExtractedTexts(pool).save(upload.jobId, { pageCount: 1, blocks: [] });
  const ids = await Promise.all([notes.save(upload, studyNotes), notes.save(upload, studyNotes), notes.save(upload, studyNotes)]);
  expect(new Set(ids).size).toBe(1);
  expect(await notes.idOfJob(upload.jobId)).toBe(ids[0]);
  expect(await Promise.all([countOf('notes'), countOf('quizzes'), countOf('files'), countOf('extracted_texts')])).toEqual([1, 1, 0, 0]);
});

test('characters that the database has no place for keep no note from being saved', async () => {
  const id = await notes.save(newUpload(), { ...studyNotes, title: 'Ce\0lls', sections: [{ heading: 'Parts\ud800', points: ['\0'] }] });
  expect(await notes.find('ada', id)).toMatchObject({ title: 'Cells', sections: [{ heading: 'Parts', points: [''] }] });
});

test('a note is read as it was saved, by its owner alone', async () => {
  const upload = newUpload();
  const id = await notes.save(upload, studyNotes);
  const createdAt = expect.stringMatching(/^\d{4}-.*Z$/);
  expect(await notes.find('ada', id)).toEqual({ ...studyNotes, id, jobId: upload.jobId, fileName: 'paper.pdf', createdAt });
  expect(await notes.listOf('ada')).toEqual([{ id, jobId: upload.jobId, title: 'Cells', fileName: 'paper.pdf', createdAt }]);
  expect(await notes.find('eve', id)).toBeUndefined();
  expect(await notes.listOf('eve')).toEqual([]);
  expect(await notes.find('ada', 'no-uuid')).toBeUndefined();
});

test('a session outlives the database: an upload of a user whom it does not know makes him known', async () => {
  const upload = { ...newUpload(), userId: 'forgotten' };
  await uploads.save(upload, bytes);
  expect((await pool.query('select id from users where id = $1', ['forgotten'])).rowCount).toBe(1);
});

test.each([
  ['something is done alone', (work: () => Promise<void>) => alone(pool, 'lost', work)],
  ['a transaction waits for something else', (work: () => Promise<void>) => inTransaction(pool, work)],
])('a connection that is lost while %s ends that, and not the process', async (_, hold) => {
  const uncaught: unknown[] = [];
  const listen = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', listen);
  try {
    await expect(
      hold(async () => {
        await pool.query("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'");
        await sleep(500);
      }),
    ).rejects.toThrow();
  } finally {
    process.off('uncaughtException', listen);
  }
  expect(uncaught).toEqual([]);
  await alone(pool, 'lost', async () => {});
});
