/**
 * Everything for a plain page in one file, socket.io-client included, with no build step:
 *
 * ```html
 * <script type="module">
 *   import { WebSocketService } from '/node_modules/@notes/job-events-client/dist/browser.js';
 * </script>
 * ```
 */
export * from './index.js';
export * from './tabs/index.js';
