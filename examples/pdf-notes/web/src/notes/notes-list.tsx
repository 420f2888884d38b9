import { Link } from 'react-router';

import type { NoteListEntry } from './notes-api.js';

const dateFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

export function NotesList({ notes }: { notes: readonly NoteListEntry[] }) {
  return (
    <section aria-labelledby="notes-heading">
      <h2 id="notes-heading">Your notes</h2>
      {notes.length === 0 ? (
        <p className="empty">Nothing here yet. The notes of your first PDF will be.</p>
      ) : (
        <ul className="notes-list">
          {notes.map((note) => (
            <li key={note.id}>
              <Link to={`/notes/${note.id}`} className="note-line">
                <span className="note-line-title">{note.title}</span>
                <span className="note-line-facts">
                  <span className="file-name">{note.fileName}</span>
                  <time dateTime={note.createdAt}>{dateFormat.format(new Date(note.createdAt))}</time>
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
