import { JobEventsError } from '@notes/job-events-protocol';

/** Why no notes can be made from a text, as sentences for people. */
const NOTES_PROBLEMS = {
  TOO_LITTLE_TEXT: 'There is too little text in this PDF to make notes from: it has hardly a whole sentence.',
  TOO_MUCH_TEXT: 'There is too much text in this PDF to make notes from it in one piece. Please split it and upload the parts.',
  MODEL_UNAVAILABLE: 'The language model does not answer just now.',
  MODEL_UNUSABLE: 'The language model did not give its notes in the form that is needed. Another model may do better.',
  MODEL_REFUSED: 'The language model refuses this request. The person who runs this application has to check its settings.',
} as const;

export type NotesProblemCode = keyof typeof NOTES_PROBLEMS;

export class NotesProblem extends JobEventsError<NotesProblemCode> {
  constructor(code: NotesProblemCode, options?: { cause?: unknown }) {
    super(code, NOTES_PROBLEMS[code], options);
  }
}

export const isNotesProblemCode = (code: string | undefined): code is NotesProblemCode => code !== undefined && Object.hasOwn(NOTES_PROBLEMS, code);
