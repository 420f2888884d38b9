import type { pdfNotes } from '../../src/pdf-notes-job.js';

// Types alone: the schemas of the contract stay out of the bundle.
declare module '@notes/job-events-react' {
  interface Register {
    jobs: typeof pdfNotes;
  }
}
