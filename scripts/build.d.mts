/** Builds every package and example whose sources have changed since the last build. Throws with the build's output when it fails. */
export function buildIfStale(options?: { announce?: (text: string) => void }): void;
