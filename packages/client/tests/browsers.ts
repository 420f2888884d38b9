import { launchChromium, launchFirefox } from '@notes/test-kit';

/** What the tests need of a page, whichever library drives its browser. */
export interface BrowserPage {
  goto(url: string): Promise<unknown>;
  /** Gives the value of an expression. */
  evaluate<Value>(expression: string): Promise<Value>;
  close(): Promise<void>;
}

export interface TestBrowser {
  /** In a profile of its own. */
  newPage(): Promise<BrowserPage>;
  close(): Promise<void>;
}

export const BROWSERS = {
  chromium: launchChromium,
  firefox: async (): Promise<TestBrowser> => {
    const browser = await launchFirefox();
    let last: Promise<unknown> = Promise.resolve();
    // One at a time: of several pages that are opened at once, Firefox loses some.
    const inTurn = <Value>(action: () => Promise<Value>): Promise<Value> => {
      const mine = last.then(action);
      last = mine.catch(() => {});
      return mine;
    };
    return {
      async newPage() {
        // Firefox opens one WebSocket at a time to each address, for all pages of a profile: one that hangs would hold up the others.
        const context = await inTurn(() => browser.createBrowserContext());
        const page = await inTurn(() => context.newPage());
        return {
          goto: (url) => page.goto(url),
          evaluate: async <Value>(expression: string) => (await page.evaluate(expression)) as Value,
          close: () => inTurn(() => context.close()),
        };
      },
      close: () => browser.close(),
    };
  },
} as const satisfies Readonly<Record<string, () => Promise<TestBrowser>>>;
