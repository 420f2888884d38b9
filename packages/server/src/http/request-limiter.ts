import type { GatewayLimits } from '../access/limits.js';
import { RequestBudget } from '../access/request-budget.js';
import { Remembered } from '../remembered.js';
import type { Timing } from '../timing.js';

const MOST_USERS = 10_000;

/** What each user may still ask for over HTTP, on this process. Of very many users, those that asked last are kept. */
export class RequestLimiter {
  readonly #budgets = new Remembered<RequestBudget>(MOST_USERS);
  readonly #limits: GatewayLimits;
  readonly #timing: Timing;

  constructor(limits: GatewayLimits, timing: Timing) {
    this.#limits = limits;
    this.#timing = timing;
  }

  budgetOf(userId: string): RequestBudget {
    const budget = this.#budgets.get(userId) ?? new RequestBudget(this.#limits, this.#timing);
    this.#budgets.set(userId, budget);
    return budget;
  }
}
