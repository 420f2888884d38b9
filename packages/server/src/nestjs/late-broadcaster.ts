import type { Broadcaster, BroadcastTarget } from '../broadcaster.js';

type Emission = { readonly rooms: string[]; readonly except: string[]; readonly event: string; readonly args: readonly unknown[] };

/** Enough for what an application says while it starts; newer states replace older ones for clients anyway. */
const MAX_WAITING = 1_000;

/**
 * A broadcaster for the time before there is one: Nest makes an application's providers first and its Socket.IO server
 * afterwards. Events said in between wait, the oldest giving way; clients that connect later read the store anyway, so
 * this matters for the sockets of other nodes only.
 */
export class LateBroadcaster implements Broadcaster {
  #target: Broadcaster | undefined;
  #waiting: Emission[] = [];

  to(rooms: string[]): BroadcastTarget {
    return {
      emit: (event, ...args) => this.#emit({ rooms, except: [], event, args }),
      except: (except) => ({ emit: (event, ...args) => this.#emit({ rooms, except, event, args }) }),
    };
  }

  /** Sends what has waited, and from now on everything. */
  begin(target: Broadcaster): void {
    this.#target = target;
    for (const emission of this.#waiting.splice(0)) this.#emit(emission);
  }

  #emit(emission: Emission): unknown {
    if (this.#target !== undefined) {
      const target = this.#target.to(emission.rooms);
      return (target.except?.(emission.except) ?? target).emit(emission.event, ...emission.args);
    }
    this.#waiting.push(emission);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    return undefined;
  }
}
