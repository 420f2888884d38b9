import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { BalancerSettings } from '../config/settings.js';
import { RequestsUnderWay } from '../process/requests-under-way.js';
import type { Service } from '../process/run-process.js';
import { Balancer } from './balancer.js';

const ANSWERED_WITHIN_MS = 10_000;

/** Starts one address for several API processes. */
export async function startBalancer({ host, port, apiUrls }: BalancerSettings, logger: Logger): Promise<Service> {
  const balancer = new Balancer(apiUrls, logger);
  const requests = new RequestsUnderWay(balancer.server);
  balancer.server.listen(port, host);
  await once(balancer.server, 'listening');
  const address = balancer.server.address() as AddressInfo;
  const url = `http://${host}:${address.port}`;
  logger.info({ url, apiUrls }, 'The balancer is listening');
  return {
    announce: { url },
    stop: async () => {
      await requests.finish(ANSWERED_WITHIN_MS);
      balancer.close();
      balancer.server.closeAllConnections();
      logger.info('The balancer has stopped');
    },
  };
}
