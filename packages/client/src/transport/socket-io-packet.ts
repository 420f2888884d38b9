/** The types of Socket.IO's packets that carry no binary parts (version 5 of its protocol). */
export const CONNECT = 0;
export const DISCONNECT = 1;
export const EVENT = 2;
export const ACK = 3;
export const CONNECT_ERROR = 4;

/** A packet of one namespace, as it stands in one text message of the engine: `2/jobs,7["sync",{}]`. */
export interface SocketIoPacket {
  readonly type: number;
  readonly namespace: string;
  /** Ties an acknowledgement to its event. */
  readonly id?: number | undefined;
  readonly data?: any;
}

const PACKET = /^([0-4])(\/[^,]*,)?(\d*)(.*)$/s;

export const encodePacket = ({ type, namespace, id, data }: SocketIoPacket): string =>
  `${type}${namespace},${id ?? ''}${JSON.stringify(data)}`;

/** @throws Error for what is no such packet, binary ones included: no message of this protocol has binary parts. */
export function decodePacket(message: unknown): SocketIoPacket {
  const [, type, namespace = '/,', id, json] = PACKET.exec(String(message)) ?? [];
  const packet = {
    type: Number(type),
    namespace: namespace.slice(0, -1),
    id: id ? Number(id) : undefined,
    data: json ? JSON.parse(json) : undefined,
  };
  const needsList = packet.type === EVENT || packet.type === ACK;
  if (!type || (needsList && !Array.isArray(packet.data))) throw new Error('This is no packet of Socket.IO without binary parts.');
  return packet;
}
