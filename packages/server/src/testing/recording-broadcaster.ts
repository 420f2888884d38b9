import type { Broadcaster } from '../broadcaster.js';

export interface RecordedEvent {
  readonly rooms: readonly string[];
  readonly event: string;
  readonly payload: unknown;
}

/**
 * Keeps what an emitter broadcasts, for tests of code that reports.
 *
 * @example
 * const broadcaster = new RecordingBroadcaster();
 * const emitter = new JobEventEmitterService({ broadcaster, store: new MemoryJobStore() });
 * await makeNotes(emitter);
 * expect(broadcaster.events.map(({ event }) => event)).toContain('job:completed');
 */
export class RecordingBroadcaster implements Broadcaster {
  readonly events: RecordedEvent[] = [];

  to(rooms: string[]): { emit(event: string, payload: unknown): boolean; except(rooms: string[]): { emit(event: string, payload: unknown): boolean } } {
    const target = {
      emit: (event: string, payload: unknown) => {
        this.events.push({ rooms: [...rooms], event, payload });
        return true;
      },
      except: () => target,
    };
    return target;
  }
}
