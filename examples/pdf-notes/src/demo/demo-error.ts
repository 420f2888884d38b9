/** What the person in front of the terminal should know, in one line. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}
