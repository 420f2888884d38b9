import type { KeyTerm } from '../../../src/notes/study-notes.js';

export function KeyTerms({ terms }: { terms: readonly KeyTerm[] }) {
  if (terms.length === 0) return null;
  return (
    <section aria-labelledby="key-terms-heading">
      <h2 id="key-terms-heading">Key terms</h2>
      <dl className="key-terms">
        {terms.map(({ term, explanation }) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{explanation}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
