export { notifyOnce } from './notify-once.js';
export { shareAcrossTabs } from './share-across-tabs.js';
export type { ShareOptions } from './share-across-tabs.js';
export type { OpenTransport } from '../transport/transport.js';
