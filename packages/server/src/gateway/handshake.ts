import type { IncomingMessage } from 'node:http';
import { PROTOCOL_VERSION } from '@notes/job-events-protocol';
import { bearerToken } from '../access/authenticator.js';
import { toHeaders } from '../access/to-headers.js';
import { WireFault } from '../access/wire-fault.js';
import type { JobsSocket } from './socket-session.js';

/** What of a socket's handshake an application may want to see. */
export function handshakeOf(socket: JobsSocket): { headers: Headers; request: IncomingMessage; token: string | undefined } {
  const headers = toHeaders(socket.handshake.headers);
  const given: unknown = socket.handshake.auth?.['token'];
  return { headers, request: socket.request, token: typeof given === 'string' && given !== '' ? given : bearerToken(headers) };
}

/** @throws WireFault UNSUPPORTED_PROTOCOL. A client that names no version speaks the first. */
export function checkProtocol(socket: JobsSocket): void {
  const protocol: unknown = socket.handshake.auth?.['protocol'] ?? PROTOCOL_VERSION;
  if (protocol !== PROTOCOL_VERSION)
    throw new WireFault('UNSUPPORTED_PROTOCOL', `This server speaks version ${PROTOCOL_VERSION} of the protocol.`);
}
