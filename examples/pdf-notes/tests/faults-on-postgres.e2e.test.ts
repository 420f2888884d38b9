import { describeWith } from '@notes/test-kit';
import { faultCases } from './support/fault-cases.js';

describeWith(['chromium'], 'in Chromium, with PostgreSQL only', () => faultCases({ withRedis: false }));
