import { expect, test } from 'vitest';
import { ConfigurationError } from './configuration-error.js';
import { readApiSettings, readWorkerSettings } from './settings.js';

const api = { DATABASE_URL: 'postgres://localhost/notes', SESSION_SECRET: 'a secret of at least thirty-two characters' };
const worker = { DATABASE_URL: api.DATABASE_URL };

test('an empty variable counts as absent, whatever it is for', () => {
  const empty = (names: string) => Object.fromEntries(names.split(' ').map((name) => [name, '']));
  expect(readApiSettings({ ...api, ...empty('REDIS_URL LOG_LEVEL HOST PORT SESSION_MINUTES ADMIN_USERS UPLOAD_LIMIT_MB FILE_KEEP_HOURS') })).toEqual(readApiSettings(api));
  const ofWorker = 'REDIS_URL LOG_LEVEL WORKER_CONCURRENCY WORKER_QUEUES WORKER_GRACE_S PDF_TIME_LIMIT_S PDF_MEMORY_LIMIT_MB AI_BASE_URL AI_MODEL AI_API_KEY';
  expect(readWorkerSettings({ ...worker, ...empty(ofWorker) })).toEqual(readWorkerSettings(worker));
});

test.each([
  ['a model that has an address and no name', { AI_BASE_URL: 'http://localhost/v1' }, 'AI_MODEL must be set where AI_BASE_URL is'],
  ['a model at an address that is not of the web', { AI_BASE_URL: 'ftp://localhost', AI_MODEL: 'small' }, 'AI_BASE_URL must be the URL of an OpenAI-compatible server, http://… or https://…'],
  ['a worker for no queue', { WORKER_QUEUES: ' , ' }, 'WORKER_QUEUES must name at least one queue'],
  ['a time that no timer can wait', { PDF_TIME_LIMIT_S: '3000000' }, expect.stringContaining('PDF_TIME_LIMIT_S')],
])('%s is refused, with the name of the variable', (_, variables, message) => {
  const read = () => readWorkerSettings({ ...worker, ...variables });
  expect(read).toThrow(ConfigurationError);
  expect(read).toThrow(expect.objectContaining({ message }));
});
