import { expect, test } from 'vitest';
import { Nodes } from './nodes.js';

const names = (nodes: Nodes, preferred?: string): string => nodes.inOrder(preferred).map(({ name }) => name).join('');

test('each is asked in turn, and the others after it', () => {
  const nodes = new Nodes(['http://a', 'http://b', 'http://c']);
  expect([names(nodes), names(nodes), names(nodes), names(nodes)]).toEqual(['231', '312', '123', '231']);
});

test('the one that is preferred comes first, as long as it answers', () => {
  const nodes = new Nodes(['http://a', 'http://b', 'http://c']);
  expect(names(nodes, '1')).toBe('123');
  nodes.mark(nodes.all[0]!, false);
  expect(names(nodes, '1')).toBe('321');
  expect(names(nodes, 'unknown')).toBe('231');
});

test('what does not answer comes last, and is news once', () => {
  const nodes = new Nodes(['http://a', 'http://b']);
  const [a, b] = nodes.all;
  expect([nodes.mark(a!, false), nodes.mark(a!, false), nodes.mark(b!, true)]).toEqual([true, false, false]);
  expect([names(nodes), names(nodes)]).toEqual(['21', '21']);
  expect([nodes.mark(a!, true), nodes.mark(a!, true)]).toEqual([true, false]);
  expect([names(nodes), names(nodes)]).toEqual(['21', '12']);
});
