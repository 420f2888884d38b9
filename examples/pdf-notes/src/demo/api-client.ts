import type { Note } from '../database/notes.js';
import { DemoError } from './demo-error.js';
import type { PdfFile } from './read-pdf.js';

/** What the demo does over HTTP, with nothing that a browser or curl could not do. */
export class ApiClient {
  readonly url: string;
  readonly token: string;
  readonly userId: string;

  private constructor(url: string, token: string, userId: string) {
    this.url = url;
    this.token = token;
    this.userId = userId;
  }

  static async signIn(url: string, user: string): Promise<ApiClient> {
    const response = await fetch(new URL('/session', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user }),
    });
    const session = await answerOf<{ token: string; user: { id: string } }>(response);
    return new ApiClient(url, session.token, session.user.id);
  }

  /** @returns the id of the job that works on it. @throws DemoError with what is wrong with the file. */
  async upload(pdf: PdfFile): Promise<string> {
    const form = new FormData();
    form.set('file', new File([pdf.bytes], pdf.name, { type: 'application/pdf' }));
    const response = await fetch(new URL('/upload', this.url), { method: 'POST', headers: this.#headers(), body: form });
    const { jobId } = await answerOf<{ jobId: string }>(response, pdf.name);
    return jobId;
  }

  async readNote(noteId: string): Promise<Note> {
    const response = await fetch(new URL(`/notes/${noteId}`, this.url), { headers: this.#headers() });
    return answerOf<Note>(response);
  }

  /** A link that signs a browser in and opens a path of the page. */
  signedInLink(path: string): string {
    const link = new URL('/session/link', this.url);
    link.searchParams.set('token', this.token);
    if (path !== '/') link.searchParams.set('next', path);
    return link.href;
  }

  #headers() {
    return { authorization: `Bearer ${this.token}` };
  }
}

async function answerOf<Answer>(response: Response, about?: string): Promise<Answer> {
  const body = (await response.json()) as Answer & { detail?: string };
  if (response.ok) return body;
  const detail = body.detail ?? `The API answered ${response.status}.`;
  throw new DemoError(about === undefined ? detail : `${about}: ${detail}`);
}
