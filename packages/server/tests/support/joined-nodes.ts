import { EventEmitter } from 'node:events';
import type { Namespace } from 'socket.io';
import { ClusterAdapter, type ClusterMessage, type ClusterResponse } from 'socket.io-adapter';

/** Nodes of one process, joined as Redis or PostgreSQL join those of several. */
export function joinedNodes() {
  const bus = new EventEmitter();
  class JoinedAdapter extends ClusterAdapter {
    constructor(namespace: Namespace) {
      super(namespace);
      bus.on('message', (message: ClusterMessage) => message.nsp === this.nsp.name && this.onMessage(message));
      bus.on('response', (uid: string, response: ClusterResponse) => uid === this.uid && this.onResponse(response));
    }
    override doPublish(message: ClusterMessage): Promise<string> {
      setImmediate(() => bus.emit('message', message));
      return Promise.resolve('');
    }
    override doPublishResponse(uid: string, response: ClusterResponse): Promise<void> {
      setImmediate(() => bus.emit('response', uid, response));
      return Promise.resolve();
    }
    override serverCount(): Promise<number> {
      return Promise.resolve(2);
    }
  }
  return JoinedAdapter;
}
