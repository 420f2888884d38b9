import { expect, it } from 'vitest';
import { ConnectionHealth } from './connection-health.js';
import type { JobEventsServerError } from './server-errors.js';

it('reports each loss once and each return once, with the name of the connection', () => {
  const reports: JobEventsServerError[] = [];
  const health = new ConnectionHealth({ connection: 'redis commands', onError: (error) => reports.push(error), consequence: 'It is opened again.' });
  health.restored();
  health.lost(new Error('Reset.'));
  health.lost(new Error('Refused.'));
  health.restored();
  health.restored();
  health.lost(new Error('Connection terminated'));
  expect(reports.map(({ code, connection, message }) => [code, connection, message])).toEqual([
    ['CONNECTION_LOST', 'redis commands', "The connection 'redis commands' is lost: Reset. It is opened again."],
    ['CONNECTION_RESTORED', 'redis commands', "The connection 'redis commands' works again."],
    ['CONNECTION_LOST', 'redis commands', "The connection 'redis commands' is lost: Connection terminated. It is opened again."],
  ]);
});
