import type { Subscription } from '@notes/job-events-protocol';

/** Where a state comes from: an answer to what was asked, an event as it happens, or the application. */
export type Source = 'answer' | 'event' | 'application';

/** Takes states over; says whether any was new. */
export type Receive = (snapshots: readonly unknown[], source: Source) => boolean;

export interface FollowedSubscription {
  readonly subscription: Subscription;
  /** How many in the application hold it. */
  readonly holders: number;
  /** `wanted`: to be sent. `asked`: on its way. `later`: turned down for now. `refused`: for good, and reported. */
  readonly status: 'wanted' | 'asked' | 'joined' | 'later' | 'refused';
}

/** What `client.inspect` gives to devtools. */
export interface Inspection {
  /** What the client follows at the moment. */
  subscriptions(): readonly FollowedSubscription[];
  /** What arrives goes straight to the client again. */
  stop(): void;
}
