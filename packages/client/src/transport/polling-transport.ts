import { FINAL_REASONS } from '../connection/connection-state.js';
import type { StatusClient } from './status-client.js';
import type { OpenTransport, Request, Requests } from './transport.js';

/**
 * The whole protocol over status requests, for networks that allow nothing else. It is open at once; a request that
 * fails closes it, and the driver begins anew.
 */
export function pollingTransport(status: StatusClient): OpenTransport {
  return (_token, { onOpen, onClose }) => {
    queueMicrotask(onOpen);
    let followsUser = false;

    async function sync({ jobs, ids, cursor }: { jobs?: Requests['sync']['payload']['jobs']; ids?: string[]; cursor?: string }) {
      const answer = await status.sync({ list: followsUser, ...(jobs && { jobs }), ...(ids && { ids }), ...(cursor && { cursor }) });
      const refusal = !answer.ok && FINAL_REASONS.find((reason) => reason === answer.error.code);
      if (refusal) onClose(refusal, answer.error.message);
      return answer;
    }

    const answers: { readonly [Name in keyof Requests]?: (payload: Requests[Name]['payload']) => Promise<unknown> } = {
      async subscribe(payload) {
        const subscriptions = 'subscriptions' in payload ? payload.subscriptions : [payload];
        followsUser ||= subscriptions.some((subscription) => 'userId' in subscription);
        const answer = await sync({ ids: subscriptions.flatMap((one) => ('jobId' in one ? one.jobId : [])) });
        if (!answer.ok) return answer;
        const error = { code: 'NOT_FOUND', message: 'There is no such job.' } as const;
        return { ...answer, rejected: answer.unknown.map((jobId) => ({ subscription: { jobId }, error })) };
      },
      sync,
      cancel: ({ jobId }) => status.cancel(jobId),
    };
    const request = async (name: keyof Requests, payload: never) => (await answers[name]?.(payload)) ?? { ok: true };
    return { request: request as Request, close() {} };
  };
}
