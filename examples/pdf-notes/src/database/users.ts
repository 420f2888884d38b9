import type { Pool } from 'pg';

export interface User {
  readonly id: string;
  readonly name: string;
}

export class Users {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Makes sure that the user exists. */
  async save(user: User): Promise<void> {
    await this.#pool.query(
      'insert into users (id, name) values ($1, $2) on conflict (id) do update set name = excluded.name',
      [user.id, user.name],
    );
  }
}
