/** What applications use for the same today, and how a page begins with it. */
export interface Peer {
  readonly name: string;
  readonly version: string;
  readonly lines: string;
}

export const PEERS: readonly Peer[] = [
  { name: '@microsoft/signalr', version: '10.0.11', lines: `export { HubConnectionBuilder } from '@microsoft/signalr';` },
  { name: '@supabase/realtime-js', version: '2.119.1', lines: `export { RealtimeClient } from '@supabase/realtime-js';` },
  { name: 'pusher-js', version: '8.6.0', lines: `export { default } from 'pusher-js';` },
  { name: '@inngest/realtime', version: '0.4.7', lines: `export { useInngestSubscription } from '@inngest/realtime/hooks';` },
  { name: 'centrifuge', version: '5.8.0', lines: `export { Centrifuge } from 'centrifuge';` },
  { name: 'ably', version: '2.28.0', lines: `export { Realtime } from 'ably';` },
  { name: '@trigger.dev/react-hooks', version: '4.8.3', lines: `export { useRealtimeRun } from '@trigger.dev/react-hooks';` },
];
