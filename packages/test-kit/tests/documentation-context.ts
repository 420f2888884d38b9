/**
 * What the snippets of the documentation take for granted: the application they are pasted into. Nothing that comes from
 * our packages is named here but values that another snippet has made: what a snippet uses of them it has to import.
 */
export const ON_THE_SERVER = `
import type { Authenticate, JobEventEmitterService, JobEvents, JobStore } from '@notes/job-events-server';
import type { ConnectionOptions, FlowChildJob, FlowProducer, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Express, RequestHandler } from 'express';
import type { Server as HttpServer, ServerResponse } from 'node:http';
import type { Server } from 'socket.io';

declare global {
  // Servers that are there already, and the answer to the request that is being handled.
  const app: Express;
  const httpServer: HttpServer;
  const io: Server;
  const response: ServerResponse;

  // Who is there.
  const authenticate: Authenticate;
  const verify: (token: string) => Promise<{ userId: string; exp: number } | null>;
  const publicKey: CryptoKey;
  const sessions: RequestHandler;
  const isShared: (jobId: string, userId: string) => Promise<boolean>;
  class SessionsModule {}
  class Sessions { find(token: string | undefined): Promise<{ userId: string } | null> }

  // What another snippet has made.
  const jobEvents: JobEvents;
  const emitter: JobEventEmitterService;
  const store: JobStore;
  const worker: Worker;
  const queue: Queue;
  const flows: FlowProducer;
  const children: FlowChildJob[];
  const stopFollowing: () => Promise<void>;
  const onError: (error: Error) => void;
  const isRateLimit: (error: unknown) => boolean;
  const alarms: { raise(name: string, message: string): void; clear(name: string): void };
  const logger: { error(error: Error): void };

  // Where things are.
  const databaseUrl: string;
  const pgBouncerUrl: string;
  const redisUrl: string;
  const connection: ConnectionOptions;
  const client: Redis;
  const ca: string;
  const username: string;
  const password: string;

  // A job, and the work itself.
  const jobId: string;
  const userId: string;
  const fileId: string;
  const attempt: number;
  interface Pdf { readonly pages: readonly string[] }
  const download: (fileId: string, options: { signal: AbortSignal }) => Promise<Pdf>;
  const extract: (fileId: string, signal: AbortSignal) => Promise<string>;
  const texts: { save(jobId: string, text: string): Promise<void>; read(jobId: string): Promise<string> };
  const summarize: (page: string) => Promise<void>;
  const makeNotes: (text: string | Pdf, how: AbortSignal | ((fraction: number) => void)) => Promise<string>;
  const save: (jobId: string) => Promise<string>;

  // A store of the reader's own.
  const testDatabase: { deleteJobs(jobIds: readonly string[]): Promise<void> };
  const MyJobStore: new (database: object) => JobStore;

  // What the example has in its sources.
  const pdfNotes: typeof import('./pdf-notes-job.js').pdfNotes;
  interface StudyNotes { readonly title: string }
}
`;

export const IN_THE_BROWSER = `
import type { WebSocketService } from '@notes/job-events-client';
import type { FakeJobServer } from '@notes/job-events-client/testing';
import type { ReactNode } from 'react';

declare global {
  // Who is there, and what the page can do.
  interface User { readonly id: string }
  const user: User | undefined;
  const session: { readonly userId: string; token(): Promise<string> };
  const navigate: (path: string) => void;
  const toast: (text: string) => void;
  const show: (result: unknown) => void;
  const bar: { update(progress: number, stage: string): void };
  const post: (path: string, file: File) => Promise<{ jobId: string }>;
  const Upload: () => ReactNode;

  // What another snippet has made.
  const client: WebSocketService;
  const server: FakeJobServer;

  // A socket of somebody who writes a client.
  const socket: { on(event: string, listener: (payload: unknown) => void): void };

  // A loader: where the API is, and the cookies of its request.
  const api: string;
  const cookie: string;
}
`;

/** Is not installed in this repository: what the snippet uses of it, as it is declared there. */
export const VUE = `
declare module 'vue' {
  interface ShallowRef<T> { value: T }
  function shallowRef<T>(value: T): ShallowRef<T>;
  function onScopeDispose(stop: () => void): void;
}
`;

export const REACT_NATIVE = `
declare module 'react-native' {
  type AppStateStatus = 'active' | 'background' | 'inactive' | 'unknown' | 'extension';
  const AppState: {
    addEventListener(type: 'change' | 'memoryWarning' | 'blur' | 'focus', listener: (state: AppStateStatus) => void): { remove: () => void };
  };
}
declare module '@react-native-community/netinfo' {
  interface NetInfoState { readonly type: 'unknown' | 'none' | 'wifi' | 'cellular' | 'other'; readonly isConnected: boolean | null; readonly details: object | null }
  const NetInfo: { addEventListener(listener: (state: NetInfoState) => void): () => void };
  export default NetInfo;
}
`;
