import { messageOf } from '../store/message-of.js';

/** What a command that failed says about its connection. */
export interface RedisErrorClass {
  /** Whether another connection may be better than this one. */
  readonly leaves: boolean;
  /** Whether it passes by itself in a moment. */
  readonly isPassing: boolean;
  /** What to do about it, for people. */
  readonly advice?: string;
}

/** Replies of a node that cannot do this now: a replica, one that starts, one that the cluster has moved on from. */
const REPLIES_OF_A_WRONG_NODE: Readonly<Record<string, Omit<RedisErrorClass, 'leaves'>>> = {
  READONLY: { isPassing: true, advice: 'This Redis is a replica. Give the address of the primary, or sentinels.' },
  MASTERDOWN: { isPassing: true, advice: 'This Redis is a replica without its primary.' },
  LOADING: { isPassing: true },
  UNBLOCKED: { isPassing: true },
  CLUSTERDOWN: { isPassing: true },
  MOVED: { isPassing: false, advice: 'This Redis is a node of a cluster. Give its nodes by the option cluster.' },
  ASK: { isPassing: false, advice: 'This Redis is a node of a cluster. Give its nodes by the option cluster.' },
  NOAUTH: { isPassing: false, advice: 'Give the password, and the user name where there is one.' },
};

/** Replies that would be the same on every connection. */
const ADVICE: Readonly<Record<string, string>> = {
  OOM: 'Redis has reached maxmemory and evicts nothing that would make room. Raise maxmemory, or choose a maxmemory-policy that evicts.',
  MISCONF: 'Redis refuses writes because it cannot save to disk.',
  NOREPLICAS: 'Redis refuses writes because too few replicas are connected (min-replicas-to-write).',
  NOPERM: 'The Redis user lacks a permission; docs/processes.md lists the commands and keys.',
  CROSSSLOT: 'Keys of one command belong to different nodes.',
  WRONGPASS: 'The user name or the password is wrong.',
};

/** What is no reply of Redis, such as a closed socket, is a loss of the connection. */
export function classifyRedisError(error: unknown): RedisErrorClass {
  const reply = /^([A-Z][A-Z0-9_]+) /.exec(messageOf(error))?.[1];
  if (reply === undefined) return { leaves: true, isPassing: false };
  const wrongNode = REPLIES_OF_A_WRONG_NODE[reply];
  if (wrongNode !== undefined) return { leaves: true, ...wrongNode };
  return { leaves: false, isPassing: false, ...(ADVICE[reply] !== undefined && { advice: ADVICE[reply] }) };
}

/** The same error, with what to do about it. */
export function withAdvice(error: unknown): Error {
  const { advice } = classifyRedisError(error);
  if (advice !== undefined) return new Error(`${messageOf(error)}${/[.!]$/.test(messageOf(error)) ? '' : '.'} ${advice}`, { cause: error });
  return error instanceof Error ? error : new Error(String(error));
}
