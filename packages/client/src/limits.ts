/** How long the client waits, in ms, and how much it keeps (specification, section 3). */

/** For `auth`, until an attempt to connect is given up. */
export const TOKEN_MS = 5_000;
/** From a token that was refused until `auth` is asked again, doubled each time, and how often it is. */
export const FRESH_TOKEN_MS = 2_000;
export const MOST_FRESH_TOKENS = 5;
/** For a connection to open. */
export const OPEN_MS = 10_000;
/** For a WebSocket to open, until long polling is tried beside it. */
export const FALLBACK_MS = 2_000;
/** For an answer: over the socket, until the connection counts as dead; over HTTP, until the request is given up. */
export const ANSWER_MS = 5_000;
/** For a connection to count as stable, so that the next loss counts as the first. */
export const STABLE_MS = 30_000;
/** Between two attempts to connect. */
export const SHORTEST_DELAY_MS = 500;
export const LONGEST_DELAY_MS = 30_000;

/** How often the clock is looked at, and how much it must have moved for the device to have slept. */
export const TICK_MS = 5_000;
export const JUMP_MS = 10_000;

/** Wake signals come in bursts: between two that are acted on. */
export const WAKE_MS = 1_000;

/** Between two requests for a subscription that was turned down for now. */
export const FIRST_RETRY_MS = 1_000;
export const LONGEST_RETRY_MS = 15_000;
/** A job may be asked for before it is stored; after this time it is taken for missing. */
export const NOT_FOUND_MS = 120_000;

/** From a subscription to the first `sync`, and between two with and without unfinished jobs. */
export const AFTER_SUBSCRIBING_MS = 1_000;
export const WITH_JOBS_MS = 10_000;
export const WITHOUT_JOBS_MS = 60_000;
/** From the loss of the connection to the first status request, and between two with and without unfinished jobs. */
export const GRACE_MS = 2_000;
export const POLL_MS = 4_000;
export const POLL_LIST_MS = 9_000;
/** Where the list is asked for over HTTP, the jobs that it covers are named in one of so many requests. */
export const LIST_ROUNDS = 4;
/** So many answers in a row that do not know a job mean that it is gone. */
export const UNKNOWN_ANSWERS = 3;
/** Jobs in one `sync` or status request, and characters in the query of the latter: servers refuse longer lines. */
export const MOST_JOBS = 200;
export const LONGEST_QUERY = 4_000;

/** Subscriptions in one message: as many as a server takes by default. */
export const MOST_SUBSCRIBED = 100;

/** For how long a finished job stays in the list by default, and how many stay at most. */
export const FINISHED_MS = 600_000;
export const MOST_FINISHED = 1_000;
/** From what a tab has to remember to when it is written, unless the page goes. */
export const SAVE_MS = 500;
/** Tracked jobs that a tab remembers beyond those that are unfinished. */
export const MOST_TRACKED = 200;
/** Ends that it remembers of a user: as many as the jobs in the list can have, which are looked through for ends that were not told. */
export const MOST_ENDS = 2 * MOST_FINISHED;
/** Users that it remembers. */
export const MOST_USERS = 4;
