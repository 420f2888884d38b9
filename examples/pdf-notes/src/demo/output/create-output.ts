import type { DemoOptions } from '../demo-options.js';
import type { DemoOutput } from './demo-output.js';
import { JsonOutput } from './json-output.js';
import { PlainOutput } from './plain-output.js';
import { TerminalOutput } from './terminal-output.js';

/** A bar where somebody looks, lines where nobody does, JSON where it was asked for. */
export function createOutput({ json }: DemoOptions): DemoOutput {
  const { stdout, stderr } = process;
  if (json) return new JsonOutput((line) => void stdout.write(line), (text) => void stderr.write(text));
  return stdout.isTTY ? new TerminalOutput(stdout) : new PlainOutput((text) => void stdout.write(text));
}
