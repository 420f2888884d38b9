import type { JobPath } from '../../src/pdf-notes-job.js';
import { nameForThisTry } from './name-for-this-try.js';

export interface UploadedPart {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly name: string;
  readonly field?: string;
}

/** Somebody who is signed in and speaks HTTP. */
export class TestUser {
  readonly url: string;
  readonly id: string;
  readonly token: string;

  private constructor(url: string, id: string, token: string) {
    this.url = url;
    this.id = id;
    this.token = token;
  }

  static async signIn(url: string, name: string): Promise<TestUser> {
    const response = await fetch(new URL('/session', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: nameForThisTry(name) }),
    });
    if (response.status !== 201) throw new Error(`signing in was answered ${response.status}: ${await response.text()}`);
    const { token, user } = (await response.json()) as { token: string; user: { id: string } };
    return new TestUser(url, user.id, token);
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${this.token}`);
    return fetch(new URL(path, this.url), { ...init, headers });
  }

  upload(...files: readonly UploadedPart[]): Promise<Response> {
    const form = new FormData();
    for (const { bytes, name, field = 'file' } of files) form.append(field, new File([bytes], name));
    return this.fetch('/upload', { method: 'POST', body: form });
  }

  /** @returns the id of the job. */
  async uploadPdf(bytes: Uint8Array<ArrayBuffer>, name = 'paper.pdf', path?: JobPath): Promise<string> {
    const form = new FormData();
    form.append('file', new File([bytes], name));
    if (path !== undefined) form.append('path', path);
    const response = await this.fetch('/upload', { method: 'POST', body: form });
    if (response.status !== 202) throw new Error(`the upload was answered ${response.status}: ${await response.text()}`);
    const { jobId } = (await response.json()) as { jobId: string };
    return jobId;
  }
}
