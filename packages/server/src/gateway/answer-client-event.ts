import type { Acknowledgement } from '@notes/job-events-protocol';
import { withinRequestTime } from '../access/request-timeout.js';
import type { Identity } from '../access/identity.js';
import { TIMES } from '../access/limits.js';
import type { RequestFaults } from '../access/request-faults.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Timing } from '../timing.js';
import { checkPayload } from './check-payload.js';
import type { ClientEventHandler, GatewayServices } from './client-event-handler.js';
import type { SocketSession } from './socket-session.js';

/**
 * What every client event goes through: whatever comes, with or without an acknowledgement function, nothing is thrown
 * and an answer is given within 3 s (specification, section 2).
 */
export class ClientEventAnswerer<I extends Identity> {
  readonly #services: GatewayServices<I>;
  readonly #timing: Timing;
  readonly #faults: RequestFaults;
  readonly #metrics: Metrics;

  constructor(options: { services: GatewayServices<I>; timing: Timing; faults: RequestFaults; metrics: Metrics }) {
    this.#services = options.services;
    this.#timing = options.timing;
    this.#faults = options.faults;
    this.#metrics = options.metrics;
  }

  async answer(
    event: string,
    handler: ClientEventHandler<object>,
    session: SocketSession<I>,
    args: readonly unknown[],
  ): Promise<void> {
    const startedAt = this.#timing.monotonic();
    const payload = typeof args[0] === 'function' ? undefined : args[0];
    const answer = await this.#outcome(this.#handle(handler, session, payload));
    this.#metrics.answered(event, 'socket', answer.ok ? 'OK' : answer.error.code, this.#timing.monotonic() - startedAt);
    acknowledge(args, answer);
  }

  async #handle(handler: ClientEventHandler<object>, session: SocketSession<I>, payload: unknown): Promise<object> {
    checkPayload(payload, this.#services.limits.payloadBytes);
    return handler(this.#services, session, payload);
  }

  async #outcome(handled: Promise<object>): Promise<Acknowledgement> {
    try {
      return { ok: true, ...(await withinRequestTime(handled, TIMES.answer, this.#timing)) };
    } catch (error) {
      return { ok: false, error: this.#faults.faultOf(error).toWireError() };
    }
  }
}

/** A client need not ask for an acknowledgement. */
export function acknowledge(args: readonly unknown[], answer: Acknowledgement): void {
  const done = args.at(-1);
  if (typeof done === 'function') done(answer);
}

