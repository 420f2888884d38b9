import { Link, useLoaderData } from 'react-router';

import { focusOnArrival } from '../layout/focus-on-arrival.js';
import { BackIcon } from '../layout/icons.js';
import { useTitle } from '../layout/use-title.js';
import type { Note } from '../notes/notes-api.js';
import { KeyTerms } from './key-terms.js';
import { Quiz } from './quiz.js';

const dateFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });

/** The notes made from one PDF. */
export function NotePage() {
  const note = useLoaderData<Note>();
  useTitle(note.title);
  return (
    <main id="content" className="page">
      <article className="note">
        <header className="note-head">
          <Link to="/" className="back-link">
            <BackIcon /> All notes
          </Link>
          <h1 key={note.id} ref={focusOnArrival} tabIndex={-1}>
            {note.title}
          </h1>
          <p className="note-facts">
            <span className="file-name">{note.fileName}</span>
            <time dateTime={note.createdAt}>{dateFormat.format(new Date(note.createdAt))}</time>
          </p>
        </header>
        <p className="note-summary">{note.summary}</p>
        {note.sections.map((section, index) => (
          <section key={index} className="note-section">
            <h2>{section.heading}</h2>
            <ul>
              {section.points.map((point, position) => (
                <li key={position}>{point}</li>
              ))}
            </ul>
          </section>
        ))}
        <KeyTerms terms={note.keyTerms} />
        <Quiz questions={note.quiz} />
      </article>
    </main>
  );
}
