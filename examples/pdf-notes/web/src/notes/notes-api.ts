import type { StudyNotes } from '../../../src/notes/study-notes.js';
import { requestJson } from '../http/request-json.js';

/** A line of the list of notes. */
export interface NoteListEntry {
  readonly id: string;
  readonly title: string;
  readonly fileName: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** Newest first. */
export async function fetchNotes(): Promise<readonly NoteListEntry[]> {
  const { notes } = await requestJson<{ notes: NoteListEntry[] }>('/notes');
  return notes;
}

/** The notes made from one PDF. */
export type Note = NoteListEntry & StudyNotes;

export const fetchNote = (id: string): Promise<Note> => requestJson(`/notes/${encodeURIComponent(id)}`);
