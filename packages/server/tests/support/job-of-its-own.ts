import { randomUUID } from 'node:crypto';

/** The ids of a job and of its owner that no other test uses. */
export function jobOfItsOwn(): { readonly jobId: string; readonly userId: string } {
  const id = randomUUID();
  return { jobId: `job-${id}`, userId: `user-${id}` };
}
