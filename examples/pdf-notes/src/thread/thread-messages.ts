/** What a thread says to the one that started it. */
export type ThreadMessage<Output, Progress> =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'result'; readonly output: Output }
  | { readonly kind: 'thrown'; readonly error: unknown; readonly code: string | undefined };
