import { UndirectedGraph } from 'graphology';
import pagerankModule from 'graphology-metrics/centrality/pagerank.js';
import type { Sentence } from './read-outline.js';

/** 0 for a word that is not one of the document's, 1 for the one that matters most. */
export type WordRanks = (key: string) => number;

// A CommonJS module whose declarations promise a default export that Node does not make of it.
const pagerank = pagerankModule as unknown as typeof pagerankModule.default;

/** Neighbours are this far apart at most, in content words. */
const WINDOW = 3;
/** Rarer words of a long document change nothing and take memory. */
const MOST_WORDS = 2_000;
const SENTENCES_A_REPORT = 1_000;

/**
 * How much each word matters: as much as the words it stands beside matter (TextRank, Mihalcea and Tarau 2004).
 */
export function rankWords(sentences: readonly Sentence[], onProgress: (fraction: number) => void = () => {}): WordRanks {
  const graph = new UndirectedGraph<object, { weight: number }>();
  const frequent = mostFrequent(sentences);
  for (const [done, { words }] of sentences.entries()) {
    if (done % SENTENCES_A_REPORT === 0) onProgress(done / sentences.length);
    const keys = words.filter(({ isContent, key }) => isContent && frequent.has(key)).map(({ key }) => nodeOf(key));
    for (const [index, key] of keys.entries()) {
      graph.mergeNode(key);
      for (const neighbour of keys.slice(index + 1, index + 1 + WINDOW))
        if (neighbour !== key) graph.updateEdge(key, neighbour, ({ weight = 0 }) => ({ weight: weight + 1 }));
    }
  }
  if (graph.order === 0) return () => 0;
  const ranks = new Map(Object.entries(pagerank(graph, { getEdgeWeight: 'weight' })));
  const highest = Math.max(...ranks.values());
  return (key) => (ranks.get(nodeOf(key)) ?? 0) / highest;
}

/** The graph keeps its nodes in plain objects, which know `constructor` before anybody adds it. */
const nodeOf = (key: string) => `word ${key}`;

function mostFrequent(sentences: readonly Sentence[]): Set<string> {
  const counts = new Map<string, number>();
  for (const { keys } of sentences) for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return new Set([...counts].sort(([, a], [, b]) => b - a).slice(0, MOST_WORDS).map(([key]) => key));
}
