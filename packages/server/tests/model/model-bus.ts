import { jobRoom, userRoom, type AnyJobSnapshot, type JobOfOwner } from '@notes/job-events-protocol';
import { streamOf } from '../../src/redis/redis-keys.js';
import type { ModelClient } from './model-client.js';
import type { Rules } from './rules.js';

/** What a client has joined: the room of its user, or that of a job. */
export interface Seat {
  readonly client: ModelClient;
  readonly prefix: string;
  readonly room: string;
}

/** Takes states to the clients of one application that are in a room of the job. */
export class ModelBus {
  readonly #rules: Rules;
  readonly #seats: Seat[] = [];

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  joinUser(client: ModelClient, prefix: string, userId: string): void {
    this.#seats.push({ client, prefix, room: userRoom(userId) });
  }

  joinJob(client: ModelClient, prefix: string, job: JobOfOwner): void {
    this.#seats.push({ client, prefix, room: this.#roomOf(job) });
  }

  publish(prefix: string, userId: string, snapshot: AnyJobSnapshot): void {
    const rooms = [userRoom(userId), this.#roomOf({ userId, jobId: snapshot.jobId })];
    for (const seat of this.#seats) if (streamOf(seat.prefix) === streamOf(prefix) && rooms.includes(seat.room)) seat.client.send(snapshot);
  }

  /** Rule 16: a job's room names its owner. */
  #roomOf(job: JobOfOwner): string {
    return this.#rules(16) ? jobRoom(job) : `job:${job.jobId}`;
  }
}
