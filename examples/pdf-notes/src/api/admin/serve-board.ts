import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { type RequestHandler, Router } from 'express';
import type { NotesQueue } from '../../queue/notes-queue.js';

export const ADMIN_PATH = '/admin';

/** The queues and their jobs as Bull Board shows them. Whoever gets here may see and change all of them. */
export function serveBoard(queue: NotesQueue): RequestHandler {
  const serverAdapter = new ExpressAdapter().setBasePath(ADMIN_PATH);
  createBullBoard({
    queues: queue.all.map((each) => new BullMQAdapter(each as never)),
    serverAdapter,
    options: { uiConfig: { boardTitle: 'pdf-notes' } },
  });
  return Router().use(ADMIN_PATH, serverAdapter.getRouter() as RequestHandler);
}
