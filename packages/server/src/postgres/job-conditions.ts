/** As the indexes have them: a condition in other words goes along none. A row of a fence alone has no status. */
export const UNFINISHED = `status in ('queued', 'active', 'retrying')`;
export const FINISHED = `(${UNFINISHED}) is not true`;
