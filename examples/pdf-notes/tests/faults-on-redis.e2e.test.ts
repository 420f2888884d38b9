import { describeWith } from '@notes/test-kit';
import { faultCases } from './support/fault-cases.js';

describeWith(['chromium', 'redis-server'], 'in Chromium, with Redis and PostgreSQL', () => faultCases({ withRedis: true }));
