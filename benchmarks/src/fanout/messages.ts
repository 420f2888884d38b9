/** The four ways that are measured. `union again` is `union` under another name: how far the two differ is the noise. */
export const VARIANTS = ['union', 'union again', 'job-events', 'two emits'] as const;
export type Variant = (typeof VARIANTS)[number];

export interface Load {
  readonly variant: Variant;
  readonly jobs: number;
  /** Rounds in all, those before the measurement included. */
  readonly rounds: number;
}

export type ToServer = { readonly do: 'emit'; readonly from: number; readonly rounds: number } | { readonly do: 'measure' };
export type FromServer =
  | { readonly said: 'listening'; readonly port: number }
  | { readonly said: 'measured'; readonly cpuMicros: number; readonly eventBytes: number };

/** `frames` counts from the beginning. */
export type ToClients = { readonly do: 'expect'; readonly frames: number };
export type FromClients = { readonly said: 'ready' } | { readonly said: 'received' };

export const jobIdOf = (index: number): string => `job-${String(index).padStart(5, '0')}`;
export const userIdOf = (index: number): string => `user-${String(index).padStart(5, '0')}`;

/** Every second user watches from a second socket: 1.5 deliveries an event. */
export const socketsOf = (index: number): number => (index % 2 === 0 ? 2 : 1);

export const deliveriesOfOneRound = (jobs: number): number =>
  Array.from({ length: jobs }, (_, index) => socketsOf(index)).reduce((sum, sockets) => sum + sockets, 0);

/** How many frames arrive for one round: two emits bring two copies to the socket that is in both rooms. */
export const framesOfOneRound = (variant: Variant, jobs: number): number =>
  deliveriesOfOneRound(jobs) + (variant === 'two emits' ? jobs : 0);
