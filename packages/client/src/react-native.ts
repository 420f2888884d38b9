import type { WatchWakeSignals } from './connection/wake-signals.js';

/** The part of React Native's `AppState` that is used. */
export interface ReactNativeAppState {
  addEventListener(type: 'change', listener: (state: string) => void): { remove(): void };
}

/** The part of `@react-native-community/netinfo` that is used. */
export interface ReactNativeNetInfo {
  addEventListener(listener: (state: { readonly type: string; readonly isConnected: boolean | null }) => void): () => void;
}

/**
 * The option `watchWakeSignals` for React Native: the client checks its connection when the app comes to the foreground and,
 * with `netInfo`, when the network comes back or is another one, as after a change from Wi-Fi to a mobile network.
 *
 * @example
 * import { AppState } from 'react-native';
 * new WebSocketService({ url, watchWakeSignals: watchAppState(AppState) });
 */
export function watchAppState(appState: ReactNativeAppState, netInfo?: ReactNativeNetInfo): WatchWakeSignals {
  /** Kept from one watch to the next: the network may change while the application is disconnected. */
  let network: string | undefined;
  return (wake) => {
    const changes = appState.addEventListener('change', (state) => {
      if (state === 'active') wake();
    });
    const stopWatchingNetwork = netInfo?.addEventListener(({ type, isConnected }) => {
      const before = network;
      network = isConnected ? type : 'none';
      // The first call is no change: it tells what there is. NetInfo also calls for details, such as the signal's strength.
      if (isConnected && before !== undefined && before !== network) wake();
    });
    return () => {
      changes.remove();
      stopWatchingNetwork?.();
    };
  };
}
