import { Panel } from './panel.js';

/**
 * A panel at the foot of the page, for development: the connection and why it changed, what is followed, the states of
 * each job on a time line, what of it was stale or repeated; and buttons that disconnect, drop and duplicate. Shows what
 * arrives from when it is mounted. In a production bundle (`process.env.NODE_ENV`) it renders nothing, and nothing of it
 * is in the bundle.
 *
 * @example
 * <JobEventsProvider userId={user?.id}>
 *   <App />
 *   <JobEventsDevtools />
 * </JobEventsProvider>
 */
export const JobEventsDevtools: typeof Panel = process.env.NODE_ENV === 'production' ? () => null : Panel;

export type { DevtoolsProps } from './panel.js';
