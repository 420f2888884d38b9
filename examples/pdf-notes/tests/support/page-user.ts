import type { Browser, BrowserContext, Page } from 'playwright-core';
import { nameForThisTry } from './name-for-this-try.js';

/** Somebody at a browser of their own, signed in on the page. */
export class PageUser implements AsyncDisposable {
  readonly #context: BrowserContext;
  readonly #url: string;

  private constructor(context: BrowserContext, url: string) {
    this.#context = context;
    this.#url = url;
  }

  /** Opens a browser session and signs in through the page, as a person would. */
  static async signIn(browser: Browser, url: string, name: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<PageUser> {
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    const user = new PageUser(context, url);
    const page = await context.newPage();
    await page.goto(url);
    await page.getByLabel('Your name').fill(nameForThisTry(name));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Turn a PDF into study notes' }).waitFor();
    await page.close();
    return user;
  }

  get context(): BrowserContext {
    return this.#context;
  }

  get url(): string {
    return this.#url;
  }

  /** A new tab, connected and ready. */
  async openTab(path = '/'): Promise<Page> {
    const page = await this.#context.newPage();
    await page.goto(new URL(path, this.#url).href);
    await page.getByText('Live', { exact: true }).waitFor();
    return page;
  }

  /** Asks the API as this browser would. */
  async read(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await this.#context.request.get(new URL(path, this.#url).href, { headers: { accept: 'application/json' } });
    return { status: response.status(), body: await response.json() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#context.close();
  }
}

export interface PdfFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Chooses files in the file chooser that the page's button opens. */
export async function choosePdfs(page: Page, ...files: readonly PdfFile[]): Promise<void> {
  const opened = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose PDFs' }).click();
  await (await opened).setFiles(
    files.map(({ name, bytes }) => ({ name, mimeType: 'application/pdf', buffer: Buffer.from(bytes) })),
  );
}

/** Drags files over the page's upload area and lets go. */
export async function dropPdfs(page: Page, ...files: readonly PdfFile[]): Promise<void> {
  const transfer = await page.evaluateHandle(
    (dragged) => {
      const data = new DataTransfer();
      for (const { name, base64 } of dragged) {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        data.items.add(new File([bytes], name, { type: 'application/pdf' }));
      }
      return data;
    },
    files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') })),
  );
  const area = page.getByRole('region', { name: 'Upload' });
  await area.dispatchEvent('dragover', { dataTransfer: transfer });
  await area.dispatchEvent('drop', { dataTransfer: transfer });
}
