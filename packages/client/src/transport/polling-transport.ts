import type { Acknowledgement, SubscribeAnswer } from '@notes/job-events-protocol';
import { finalReason } from '../connection/connection-state.js';
import type { StatusAnswer, StatusClient, StatusQuery } from './status-client.js';
import type { OpenTransport, Request, Requests } from './transport.js';

/**
 * The whole protocol over status requests, for networks that allow nothing else. It is open when the server has answered
 * once; a request that fails closes it, and the driver begins anew.
 */
export function pollingTransport(status: StatusClient, user: () => string | undefined): OpenTransport {
  return (_token, { onOpen, onClose }) => {
    /** The list that came as it opened, for the first who asks for nothing else. */
    let opening: StatusAnswer | undefined;

    async function sync(query: StatusQuery) {
      const answer = await status.sync({ user: user(), ...query });
      if (!answer.ok) {
        const { code, message } = answer.error;
        if (answer.isForeign) throw new Error(message);
        const refusal = finalReason(code);
        // Who may connect, and not watch this user, has only that subscription refused.
        if (refusal && !(code === 'FORBIDDEN' && user())) onClose(refusal, message);
      }
      return answer;
    }

    async function subscribe(subscriptions: readonly { readonly jobId?: string }[]): Promise<Acknowledgement<SubscribeAnswer>> {
      const jobs = subscriptions.flatMap(({ jobId }) => (jobId ? { jobId } : []));
      const answer = (!jobs[0] && opening) || (await sync({ jobs }));
      opening = undefined;
      const error = { code: 'NOT_FOUND', message: 'There is no such job.' } as const;
      return answer.ok ? { ...answer, rejected: answer.unknown.map((jobId) => ({ subscription: { jobId }, error })) } : answer;
    }

    async function request(name: keyof Requests, payload: any): Promise<Acknowledgement> {
      switch (name) {
        case 'subscribe':
          return subscribe(payload.subscriptions);
        case 'sync':
          return sync(payload);
        case 'cancel':
          return status.cancel(payload.jobId);
        default:
          return { ok: true };
      }
    }

    const isNamed = !!user();
    sync({ list: true }).then(
      (answer) => {
        if (isNamed) opening = answer;
        onOpen();
      },
      (cause) => onClose('UNREACHABLE', String(cause)),
    );
    return { request: request as Request, close() {} };
  };
}
