import { expect, test } from 'vitest';
import { documentOf } from '../../../tests/documents/documents.js';
import { extractNotesInThread } from './extract-notes-in-thread.js';

test('a text that takes longer than allowed is too much, which trying again would not change', async () => {
  const document = documentOf('The moon pulls at the sea and raises two mounds of water on both sides of the earth. '.repeat(200));
  const limits = { timeoutMs: 1, memoryMegabytes: 512 };
  await expect(extractNotesInThread(document, { limits })).rejects.toMatchObject({ name: 'NotesProblem', code: 'TOO_MUCH_TEXT', message: expect.stringMatching(/split it/) });
});
