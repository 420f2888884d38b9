import { createBrowserRouter } from 'react-router';

import { AppLayout } from './layout/app-layout.js';
import { ErrorPage } from './layout/error-page.js';
import { LoadingPage } from './layout/loading-page.js';
import { NoSuchPage } from './layout/no-such-page.js';
import { NotePage } from './note/note-page.js';
import { fetchNote, fetchNotes } from './notes/notes-api.js';
import { NotesPage } from './notes/notes-page.js';
import { fetchSession } from './session/session-api.js';

export const router = createBrowserRouter([
  {
    loader: fetchSession,
    Component: AppLayout,
    HydrateFallback: LoadingPage,
    ErrorBoundary: ErrorPage,
    children: [
      {
        ErrorBoundary: ErrorPage,
        children: [
          { path: '/', loader: fetchNotes, Component: NotesPage },
          { path: '/notes/:noteId', loader: ({ params }) => fetchNote(params.noteId!), Component: NotePage },
          { path: '*', Component: NoSuchPage },
        ],
      },
    ],
  },
]);
