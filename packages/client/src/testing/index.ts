export { createFakeJobServer } from './fake-job-server.js';
export type { FakeJobServer, FakeJobServerOptions } from './fake-job-server-script.js';
export type { FakeHttpAnswer, FakeProxyPolicy, FakeWebSockets } from './fake-proxy.js';
export type { FakeJob } from './fake-backend.js';
export type { StatusReply, StatusRequest } from './fake-status-endpoint.js';
export type { Duration, VirtualClock } from './virtual-clock.js';
export type { Timing } from '../timing.js';
