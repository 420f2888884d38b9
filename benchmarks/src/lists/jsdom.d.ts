/** The part of jsdom that is used; it ships no types. */
declare module 'jsdom' {
  export class JSDOM {
    constructor(html: string, options: { readonly url: string; readonly pretendToBeVisual: boolean });
    readonly window: typeof globalThis & Window;
  }
}
