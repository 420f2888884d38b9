import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { CHINESE, documentOf, JAPANESE } from '../../../tests/documents/documents.js';
import type { DocumentText } from '../../pdf/document-text.js';
import { extractText } from '../../pdf/extract-text.js';
import { studyNotes, type StudyNotes } from '../study-notes.js';
import { splitSentences } from '../text/split-sentences.js';
import { extractNotes } from './extract-notes.js';

const FOLDER = new URL('../../../sample/', import.meta.url);
const textOf = ({ blocks }: DocumentText) => blocks.map(({ text }) => text).join('\n');

/** Everything in notes that has to be a sentence of the document. */
const sentencesOf = ({ summary, sections, keyTerms, quiz }: StudyNotes, language: string) => [
  ...splitSentences(summary, language),
  ...sections.flatMap(({ points }) => points),
  ...keyTerms.map(({ explanation }) => explanation),
  ...quiz.map(({ explanation }) => explanation),
];

describe('the sample', () => {
  let document: DocumentText;
  let source: string;
  let notes: StudyNotes;
  beforeAll(async () => {
    source = await readFile(new URL('how-we-hear.md', FOLDER), 'utf8');
    document = await extractText(new Uint8Array(await readFile(new URL('sample.pdf', FOLDER))), { maximumPages: 10 });
    notes = extractNotes(document);
  });

  test('every sentence of the notes is a whole sentence of the text', () => {
    const sentences = new Set(source.split('\n').flatMap((paragraph) => splitSentences(paragraph, 'eng')));
    expect(sentencesOf(notes, 'eng').filter((sentence) => !sentences.has(sentence))).toEqual([]);
    expect(studyNotes.parse(notes)).toEqual(notes);
  });

  test('has its title, a summary of three to five sentences and a section for each heading', () => {
    expect(notes.title).toBe('How We Hear');
    expect(splitSentences(notes.summary, 'eng').length).toBeGreaterThanOrEqual(3);
    expect(splitSentences(notes.summary, 'eng').length).toBeLessThanOrEqual(5);
    expect(notes.summary).toContain('Hearing turns tiny movements of the air into nerve signals');
    expect(notes.sections.map(({ heading }) => heading)).toEqual(source.match(/(?<=^## ).*/gm));
  });

  test('the points of a section are from below its heading, in order, and none is said twice', () => {
    const positions = notes.sections.map(({ heading, points }) => [source.indexOf(`## ${heading}`), ...points.map((point) => source.indexOf(point))]).flat();
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(new Set(positions).size).toBe(positions.length);
  });

  test('its terms are those that it explains', () => {
    const terms = notes.keyTerms.map(({ term }) => term);
    expect(terms).toEqual(expect.arrayContaining(['cochlea', 'eardrum', 'basilar membrane', 'hair cell', 'decibel', 'frequency']));
    expect(notes.keyTerms.find(({ term }) => term === 'eardrum')?.explanation).toBe('The eardrum is a thin membrane that vibrates with the changes of pressure in the canal.');
  });

  test('each question has its answer among its choices, and filling the gap gives the sentence', () => {
    expect(notes.quiz.length).toBeGreaterThanOrEqual(5);
    for (const { question, choices, answer, explanation } of notes.quiz) {
      expect(question).toContain('____');
      expect(question.toLowerCase().replaceAll('____', answer.toLowerCase())).toBe(explanation.toLowerCase());
      expect(choices.filter((choice) => choice === answer)).toHaveLength(1);
      expect(new Set(choices).size).toBe(4);
    }
  });

  test('are the same notes each time', () => {
    expect(extractNotes(document)).toEqual(notes);
  });
});

describe.each([
  ['Japanese', JAPANESE, ['大潮', '共振']],
  ['Chinese', CHINESE, ['大潮', '共振']],
])('%s, which has no spaces between words', (_, document, terms) => {
  const notes = extractNotes(document);

  test('gives whole sentences of the text', () => {
    const all = sentencesOf(notes, document.language ?? '');
    expect(all.filter((sentence) => !textOf(document).includes(sentence) || !sentence.endsWith('。'))).toEqual([]);
    expect(splitSentences(notes.summary, document.language).length).toBeGreaterThanOrEqual(3);
    expect(notes.summary).not.toContain(' ');
  });

  test('gives sections, terms that it explains, and questions', () => {
    expect(notes.sections.length).toBeGreaterThanOrEqual(3);
    expect(notes.keyTerms.map(({ term }) => term)).toEqual(expect.arrayContaining(terms));
    expect(notes.quiz.length).toBeGreaterThanOrEqual(3);
  });
});

describe('a handbook, with all that nobody should learn by heart', () => {
  const document = documentOf(`
    # Tides
    The moon raises the tides of all seas, and the sun makes them stronger or weaker. This is explained in the next chapter.
    A tide gauge is an instrument that measures the height of the water in a harbour at every hour.
    ## Spring tides
    A spring tide is a tide of great height that follows the new moon and the full moon. It lasts for two days or three. Why is it called that?
    See the tables of the harbour office for the exact hours of the water. The highest spring tides are shown in the figure below.
    List of the harbours of the coast with their spring tides. Returns the height of a spring tide at a given hour.
    A spring tide lifts ships over banks of sand that are closed to them for the rest of the month.
    ## Neap tides
    A neap tide is a tide of small height that follows the half moon. Such tides are welcome to nobody who wants to leave the harbour.
    A neap tide leaves ships on banks of sand until the next spring tide sets them free. Bring the ship to the harbour before the water falls.
    Die Nipptide folgt auf den Halbmond und ist niedriger als die Springtide, die auf den Neumond und den Vollmond folgt.
    ## Tidal bores
    A tidal bore is a wave that runs up a river against its current when the tide comes in. The river has to be shallow and its mouth has to be wide.
    A tidal bore runs as fast as a horse and has turned over many boats of careless fishermen.
  `, { language: 'eng' });
  const notes = extractNotes(document);
  const everything = sentencesOf(notes, 'eng').join('\n');

  test.each([
    ['what leans on the sentence before', /^(?:It|This|Such)\b/m],
    ['what points to other places', /next chapter|figure below|^See\b/m],
    ['questions', /\?/],
    ['what is no sentence', /^(?:List|Returns)\b/m],
    ['commands, as long as there is something else', /^Bring\b/m],
  ])('does not give %s', (_, pattern) => {
    expect(everything).not.toMatch(pattern);
  });

  test('gives its terms and what they are', () => {
    expect(notes.keyTerms.map(({ term }) => term)).toEqual(expect.arrayContaining(['tide gauge', 'spring tide', 'neap tide', 'tidal bore']));
    for (const { term, explanation } of notes.keyTerms) expect(explanation.toLowerCase()).toMatch(new RegExp(`^(?:an? |the )?${term.toLowerCase()}`));
  });

  test('asks what can be answered: the choices are terms of the document, and the sentence says which', () => {
    expect(notes.quiz.length).toBeGreaterThanOrEqual(3);
    const text = textOf(document).toLowerCase();
    for (const { question, choices, answer, explanation } of notes.quiz) {
      expect(question.split('____').length).toBeLessThanOrEqual(3);
      expect(question.replaceAll('____', answer)).toBe(explanation);
      for (const choice of choices) expect(text).toContain(choice.toLowerCase());
    }
  });
});

test('a translation that is not complete gives notes in its own language', () => {
  const english = 'The moon pulls at the sea and raises two mounds of water on both sides of the earth, which are called the tides.';
  for (const { blocks, ...document } of [JAPANESE, CHINESE]) {
    const notes = extractNotes({ ...document, blocks: [...blocks, { kind: 'paragraph', text: english, page: 2 }] });
    expect(JSON.stringify(notes)).not.toContain('moon');
  }
});

test('instructions alone make notes of instructions', () => {
  const { sections } = extractNotes(documentOf('Mix the flour with the water and the salt. Knead the dough for ten minutes on a table. Bake the bread in a hot oven for an hour.'));
  expect(sections.flatMap(({ points }) => points)).toContain('Mix the flour with the water and the salt.');
});

test('chapters are counted by the document, not by the notes, which leave some out', () => {
  const chapter = (heading: string, thing: string) => `# ${heading}\nThe ${thing} is washed by the tides of the sea. The ${thing} is swept by the winds of autumn.`;
  const { sections } = extractNotes(documentOf([chapter('1 Harbours', 'harbour'), chapter('2. Bays', 'bay'), chapter('3 Rivers', 'river')].join('\n')));
  expect(sections.map(({ heading }) => heading)).toEqual(['Harbours', 'Bays', 'Rivers']);
});

test('a text without headings has sections named after what they are about', () => {
  const about = (thing: string) => Array.from({ length: 14 }, (_, index) => `The ${thing} of the coast number ${index} has been watched by people for a very long time.`).join('\n');
  const { sections } = extractNotes(documentOf(`${about('lighthouse')}\n${about('harbour')}`, { language: 'eng' }));
  expect(sections.map(({ heading }) => heading)).toEqual([expect.stringMatching(/^Lighthouse/), expect.stringMatching(/^Harbour/)]);
});

test('what stands below Contents, References or an appendix is left out', () => {
  const { sections, summary } = extractNotes(documentOf(`
    # The tides
    The moon pulls at the sea and raises two mounds of water. The sun does so too, though its pull is weaker by half.
    # References
    The old book on tides by Newton has been printed again and again since then.
    ## Further books
    The new book on tides by Darwin has been printed only once since then.
    # Appendix A: Tables
    The table of the tides has been printed on the last page of this book.
  `, { language: 'eng' }));
  expect(JSON.stringify([summary, sections])).not.toMatch(/printed/);
});

test('progress goes from 0 to 1 and never falls', () => {
  const onProgress = vi.fn<(fraction: number) => void>();
  extractNotes(JAPANESE, { onProgress });
  const told = onProgress.mock.calls.flat();
  expect([told[0], told.at(-1)]).toEqual([0, 1]);
  expect(told).toEqual([...told].sort((a, b) => a - b));
});

test('without a title the notes are named after the file, a heading or a term', () => {
  const sentence = 'The lighthouse stands at the end of the harbour and warns all ships.';
  expect(extractNotes(documentOf(sentence), { fallbackTitle: 'Coast' }).title).toBe('Coast');
  expect(extractNotes(documentOf(`# At sea\n${sentence}`)).title).toBe('At sea');
});

test('a text with hardly a sentence is too little', () => {
  expect(() => extractNotes(documentOf('Invoice 17\nTotal 20.00'))).toThrowError(expect.objectContaining({ code: 'TOO_LITTLE_TEXT' }));
});
