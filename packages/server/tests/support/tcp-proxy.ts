import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Where connections lead that are opened from now on. */
  pointTo(port: number): void;
  /** Connections that are open stay open and carry nothing any more, as to a machine that is gone. New ones work. */
  silence(): void;
  /** Silences those that are opened from now on as well. */
  silenceAll(): void;
  /** How many of the connections that were silenced are still open at the side of the client. */
  readonly silencedOpen: number;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  isSilent: boolean;
}

/** An address in front of a server that can lead elsewhere, and fall silent. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let port = target;
  let isAllSilent = false;
  const listener = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    const pair: Pair = { client, server, isSilent: isAllSilent };
    pairs.add(pair);
    client.on('data', (data) => void (pair.isSilent || server.write(data)));
    server.on('data', (data) => void (pair.isSilent || client.write(data)));
    client.on('error', () => undefined).on('close', () => {
      pairs.delete(pair);
      server.destroy();
    });
    server.on('error', () => undefined).on('close', () => void (pair.isSilent || client.destroy()));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const silence = (): void => {
    for (const pair of pairs) pair.isSilent = true;
  };
  return {
    port: (listener.address() as AddressInfo).port,
    pointTo: (other) => void (port = other),
    silence,
    silenceAll: () => {
      isAllSilent = true;
      silence();
    },
    get silencedOpen() {
      return [...pairs].filter(({ isSilent, client }) => isSilent && !client.destroyed).length;
    },
    [Symbol.asyncDispose]: async () => {
      for (const { client } of pairs) client.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
