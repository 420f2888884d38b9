import type { ConnectionReason } from '../connection/connection-state.js';
import type { Requests } from '../transport/transport.js';

/** What tabs say to one another. `from` and `to` are tabs; without `to` it is meant for all. */
export type TabMessage =
  /** A tab has come, and wants to know whether there is a connection. */
  | { readonly type: 'join'; readonly from: string }
  /** The leader's connection is open. `connection` tells one from the next. */
  | { readonly type: 'open'; readonly to?: string; readonly connection: string }
  /** The leader's connection is lost, or could not be made. */
  | {
      readonly type: 'closed';
      readonly connection: string;
      readonly reason: ConnectionReason;
      readonly message?: string | undefined;
    }
  | { readonly type: 'event'; readonly to?: string; readonly name: string; readonly payload: unknown }
  | { readonly type: 'request'; readonly from: string; readonly id: number; readonly name: keyof Requests; readonly payload: never }
  | { readonly type: 'answer'; readonly to: string; readonly id: number; readonly answer: unknown }
  /** Does the leader still run? A page that the browser has frozen does not. */
  | { readonly type: 'ping'; readonly from: string }
  /** It does; without `to` it says so to all, because it has just begun to lead. */
  | { readonly type: 'pong'; readonly to?: string };
