import { readFileSync } from 'node:fs';

const DOCUMENT = new URL('../../../../docs/processes.md', import.meta.url);

/**
 * The command of docs/processes.md that makes a Redis user with few permissions, as it stands there: for one server, or
 * with what a cluster needs besides.
 */
export function documentedAclCommand(where: 'server' | 'cluster', keyPrefix?: string): string[] {
  const commands = readFileSync(DOCUMENT, 'utf8').match(/^ACL SETUSER .*$/gm) ?? [];
  const command = commands[where === 'server' ? 0 : 1];
  if (command === undefined) throw new Error('docs/processes.md names no ACL SETUSER for it.');
  const rules = command.split(' ');
  if (keyPrefix === undefined) return rules;
  const isKey = (rule: string): boolean => rule.startsWith('~');
  return [...rules.filter((rule) => !isKey(rule)), `~${keyPrefix}*`, `~{${keyPrefix}*`];
}
