import type { ServerOptions } from 'socket.io';
import type { Logger } from '../logger.js';

interface Danger {
  readonly option: string;
  readonly applies: (options: Partial<ServerOptions>, originsAreChecked: boolean) => boolean;
  readonly reason: string;
}

const ONE_MEGABYTE = 1_000_000;

const DANGERS: readonly Danger[] = [
  {
    option: 'connectionStateRecovery',
    applies: (options) => options.connectionStateRecovery !== undefined,
    reason:
      'It restores rooms without asking who is there, hands missed events to revoked users, and loses events of quiet jobs. Leave it off: clients get the state of their jobs from the store.',
  },
  {
    option: 'perMessageDeflate',
    applies: (options) => Boolean(options.perMessageDeflate),
    reason: 'It costs about 240 KiB of memory a connection instead of 17. Leave it off: events are small.',
  },
  {
    option: 'allowEIO3',
    applies: (options) => options.allowEIO3 === true,
    reason: 'It opens the server to clients of Socket.IO 2, whose protocol has known weaknesses. Leave it off.',
  },
  {
    option: 'maxHttpBufferSize',
    applies: (options) => (options.maxHttpBufferSize ?? ONE_MEGABYTE) >= ONE_MEGABYTE,
    reason:
      'A client may send 1 MB (the default) in one packet, which is parsed before anybody looks at it. Set maxHttpBufferSize to 100_000, unless this server takes larger packets for something else.',
  },
  {
    option: 'origins',
    applies: (options, originsAreChecked) => !originsAreChecked && usesCookies(options),
    reason:
      'Cookies are in use, and any page may open a WebSocket here with the cookies of whoever visits it; CORS does not guard WebSockets. Give createJobEvents `origins`.',
  },
];

function usesCookies(options: Partial<ServerOptions>): boolean {
  const { cookie, cors } = options;
  return Boolean(cookie) || (typeof cors === 'object' && cors.credentials === true);
}

/** Says once, at the start, which options of the Socket.IO server are unsafe for what it is used for here, and why. */
export function warnOfServerOptions(options: Partial<ServerOptions>, originsAreChecked: boolean, logger: Logger): void {
  for (const { option, applies, reason } of DANGERS)
    if (applies(options, originsAreChecked)) logger.warn({ option }, `Socket.IO option ${option}: ${reason}`);
}
