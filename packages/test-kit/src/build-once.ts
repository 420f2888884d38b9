import { buildIfStale } from '../../../scripts/build.mjs';

/** For vitest's `globalSetup` of projects whose tests run what is built: builds once, before them, if a source has changed. */
export default function setup(): void {
  buildIfStale({ announce: (text: string) => process.stderr.write(`${text}\n`) });
}
