import { isJobId, isJobVersion, isUserId, LIMITS, type JobVersion, type Subscription } from '@notes/job-events-protocol';
import * as z from 'zod';
import { invalidPayload } from '../access/wire-fault.js';

const jobId = z.custom<string>(isJobId);
const userId = z.custom<string>(isUserId);
const subscription = z.union([z.strictObject({ jobId }), z.strictObject({ userId })]);
const subscriptions = z.union([
  subscription.transform((one) => ({ batch: false, subscriptions: [one] as Subscription[] })),
  z
    .strictObject({ subscriptions: z.array(subscription).min(1) })
    .transform((many) => ({ batch: true, subscriptions: many.subscriptions as Subscription[] })),
]);
const sync = z.object({
  jobs: z.array(z.object({ jobId, version: z.custom<JobVersion>(isJobVersion) })).max(LIMITS.syncJobs),
  cursor: z.string().optional(),
});
const cancel = z.object({ jobId });
const authenticate = z.object({ token: z.string().min(1) });

/** What a `subscribe` or `unsubscribe` names: one thing, or a batch, which is answered item by item. */
export type NamedSubscriptions = z.output<typeof subscriptions>;

/** Messages are fixed texts: what a client sent is never sent back. Each throws a WireFault INVALID_PAYLOAD. */
export const readRequest = {
  subscriptions: (payload: unknown, batchSize: number): NamedSubscriptions => {
    const named = parse(subscriptions, payload, 'Send { userId }, { jobId } or { subscriptions: [ … ] } of them.');
    if (named.subscriptions.length > batchSize) throw invalidPayload(`Name at most ${batchSize} subscriptions at once.`);
    return named;
  },
  sync: (payload: unknown) =>
    parse(sync, payload, `Send { jobs: [{ jobId, version }], cursor? }, at most ${LIMITS.syncJobs} jobs.`),
  cancel: (payload: unknown) => parse(cancel, payload, 'Send { jobId }.'),
  authenticate: (payload: unknown) => parse(authenticate, payload, 'Send { token }.'),
};

function parse<T>(schema: z.ZodType<T>, payload: unknown, message: string): T {
  const result = schema.safeParse(payload);
  if (!result.success) throw invalidPayload(message);
  return result.data;
}
