import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate extends Disposable {
  /** What a client has to know to believe it. */
  readonly ca: string;
  /** As options of redis-server, without the dashes. */
  readonly redisOptions: readonly (readonly [name: string, value: string])[];
}

/** A certificate of 127.0.0.1 and localhost, signed by itself. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'test-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-keyout', key, '-out', cert, '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'], { stdio: 'pipe' });
  return {
    ca: readFileSync(cert, 'utf8'),
    redisOptions: [['tls-cert-file', cert], ['tls-key-file', key], ['tls-ca-cert-file', cert], ['tls-auth-clients', 'no']],
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A port that is free now. The bus of a cluster listens 10,000 above that of its node. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port + 10_000 < 65_536 ? port : freePort();
}
