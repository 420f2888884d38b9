import { expect, test } from 'vitest';
import { isProse } from './is-prose.js';

test.each([
  'The moon pulls at the sea and raises two mounds of water.',
  'In 1687, Newton explained the tides by gravity (his own discovery).',
  '月の引力は海の水を引き、地球の両側に二つの膨らみを作る。',
  'Die Gezeiten entstehen durch die Anziehung des Mondes und der Sonne.',
])('can stand in a note: %s', (sentence) => {
  expect(isProse(sentence)).toBe(true);
});

test.each([
  ['a line of a table of contents', 'Chapter 2: The tides of the Atlantic . . . . . . . 17.'],
  ['a caption', 'Figure 3 shows the mounds of water on both sides of the earth.'],
  ['a pointer', 'The details are given below (see Section 4 on friction).'],
  ['an entry of a bibliography', 'Darwin G. et al. The tides and kindred phenomena. Vol. 2, pp. 3–17.'],
  ['an address', 'The tables can be had from https://tides.example.org at any time.'],
  ['program text', 'The function rise(tide) returns { height: 3 } for each of them.'],
  ['a formula', 'The height h of the water at x and y is b times d at t.'],
  ['half a sentence', 'the mounds of water on both sides of the earth.'],
  ['a sentence that goes on elsewhere', 'The three causes of the tides that we know are the following:'],
  ['an exclamation', 'Look at the sea!'],
  ['a question', 'Why do the tides of the Atlantic differ from those of the Pacific?'],
  ['a line of a table of contents without its page', '3.1.10 The tides of the Atlantic and of the Pacific differ.'],
  ['a list of translations', 'ES: la marea alta, F: la marée haute, D: das Hochwasser, NL: het hoogwater.'],
  ['a table', '12.5 13.7 14.9 High water 16.0 17.2 18.3 low water 19.1.'],
  ['a quotation without its end', 'The moon, said Newton, “pulls at the sea and raises two mounds.'],
  ['legal text', 'Permission is granted to copy this text in any form and for any purpose.'],
])('is left out: %s', (_, sentence) => {
  expect(isProse(sentence)).toBe(false);
});
