export { ManualTiming } from '../src/testing/manual-timing.js';
