import type { ServerOptions } from 'socket.io';
import type { AllowedOrigins } from '../access/origins.js';
import type { Logger } from '../logger.js';

interface Danger {
  readonly option: string;
  readonly applies: (options: Partial<ServerOptions>, origins: AllowedOrigins) => boolean;
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
    applies: (options, origins) => !origins.areChecked && usesCookies(options),
    reason:
      'Cookies are in use, and any page may open a WebSocket here with the cookies of whoever visits it; CORS does not guard WebSockets. Give createJobEvents `origins`.',
  },
  {
    option: 'cors',
    applies: ({ transports = ['polling'], cors }, origins) => origins.areChecked && transports.includes('polling') && !cors,
    reason:
      'Long polling from other origins needs it, and `origins` of createJobEvents does not set it: pages behind proxies that refuse WebSockets never connect. Set cors: { origin: [your origins], credentials: true }, or make the server with socketServerOptions({ origins }).',
  },
  {
    option: 'cors.origin',
    applies: ({ transports = ['polling'], cors }, origins) => transports.includes('polling') && lacksOrigin(cors, origins),
    reason:
      'It lacks one of `origins` of createJobEvents: pages of that origin cannot use long polling, and never connect behind proxies that refuse WebSockets. Give both the same list, without paths or trailing slashes, or make the server with socketServerOptions({ origins }).',
  },
];

/** What is decided by a function of the application is taken on trust. */
function lacksOrigin(cors: ServerOptions['cors'], origins: AllowedOrigins): boolean {
  if (typeof cors !== 'object' || cors.origin === undefined || cors.origin === '*') return false;
  const { origin } = cors;
  if (typeof origin === 'boolean') return !origin && origins.areChecked;
  if (typeof origin === 'function') return false;
  const allowed = Array.isArray(origin) ? origin.flat() : [origin];
  return origins.list.some((page) => !allowed.some((each) => each === true || (each instanceof RegExp ? each.test(page) : each === page)));
}

/** Whether browsers send no cookies with long polling from another origin. What a function decides is taken on trust. */
export function refusesCookies({ cors }: Partial<ServerOptions>): boolean {
  if (typeof cors === 'function') return false;
  return cors?.credentials !== true || cors.origin === undefined || cors.origin === '*';
}

function usesCookies(options: Partial<ServerOptions>): boolean {
  const { cookie, cors } = options;
  return Boolean(cookie) || (typeof cors === 'object' && cors.credentials === true);
}

/** Says once, at the start, which options of the Socket.IO server are unsafe for what it is used for here, and why. */
export function warnOfServerOptions(options: Partial<ServerOptions>, origins: AllowedOrigins, logger: Logger): void {
  for (const { option, applies, reason } of DANGERS)
    if (applies(options, origins)) logger.warn({ option }, `Socket.IO option ${option}: ${reason}`);
}
