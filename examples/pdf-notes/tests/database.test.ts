import { randomUUID } from 'node:crypto';
import { type LocalPostgres, startLocalPostgres } from '@notes/local-postgres';
import { type Pool } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { migrate } from '../src/database/migrate.js';
import { Notes } from '../src/database/notes.js';
import { openPool } from '../src/database/open-pool.js';
import { type Upload, Uploads } from '../src/database/uploads.js';
import { Users } from '../src/database/users.js';
import type { StudyNotes } from '../src/notes/study-notes.js';

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
const newUpload = (): Upload => ({ jobId: randomUUID(), fileId: randomUUID(), userId: 'ada', fileName: 'paper.pdf' });
const studyNotes: StudyNotes = {
  title: 'Cells',
  summary: 'Every living thing is made of cells.',
  sections: [{ heading: 'Parts', points: ['The nucleus keeps the genes.'] }],
  keyTerms: [{ term: 'nucleus', explanation: 'The nucleus keeps the genes.' }],
  quiz: [{ question: 'The ____ keeps the genes.', choices: ['nucleus', 'wall'], answer: 'nucleus', explanation: 'The nucleus keeps the genes.' }],
};

const countOf = async (table: 'files' | 'jobs' | 'notes' | 'quizzes') =>
  Number((await pool.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]?.count);

test('migrating a database that is up to date changes nothing', async () => {
  await uploads.save(newUpload(), bytes);
  await migrate(pool);
  expect(await countOf('files')).toBe(1);
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
  await uploads.markEnqueued(upload.jobId);
  expect(await uploads.listNotEnqueued(0)).toEqual([]);
});

test('a job has one note, however often it is saved, and the upload is forgotten with it', async () => {
  const upload = newUpload();
  await uploads.save(upload, bytes);
  const ids = await Promise.all([notes.save(upload, studyNotes), notes.save(upload, studyNotes), notes.save(upload, studyNotes)]);
  expect(new Set(ids).size).toBe(1);
  expect(await notes.idOfJob(upload.jobId)).toBe(ids[0]);
  expect(await Promise.all([countOf('notes'), countOf('quizzes'), countOf('files'), countOf('jobs')])).toEqual([1, 1, 0, 0]);
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
