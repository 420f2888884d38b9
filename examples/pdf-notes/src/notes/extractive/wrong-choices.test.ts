import { expect, test } from 'vitest';
import type { Term } from './find-terms.js';
import { wrongChoices } from './wrong-choices.js';

const term = (text: string, ...forms: string[]): Term => ({ text, forms, key: text, keys: text.split(' '), isCompound: text.includes(' '), count: 3, weight: 1 });
const [tide, moon, buoy, eddy, bay] = [term('tide', 'tides'), term('moon'), term('buoy', 'buoys'), term('eddy', 'eddies'), term('bay', 'bays')];

test('several of a thing are asked for among several of others, as far as the document speaks of several', () => {
  expect(wrongChoices(tide, { answer: 'tides', before: 'The moon raises ', terms: [tide, moon, buoy, eddy, bay] })).toEqual(['buoys', 'eddies', 'bays']);
});

test('an article gives nothing away', () => {
  const choices = wrongChoices(buoy, { answer: 'buoy', before: 'This is a ', terms: [buoy, eddy, term('estuary'), term('inlet'), tide, moon, bay] });
  expect(choices).not.toContain('eddy');
  expect(choices).toHaveLength(3);
});

test('names of several words are asked for among such, and never with a word of the answer', () => {
  const springTide = term('spring tide');
  const choices = wrongChoices(springTide, { answer: 'spring tide', before: 'Then comes the ', terms: [springTide, tide, term('neap tide'), moon, bay, term('tidal bore'), term('storm surge')] });
  expect(choices).toEqual(['tidal bore', 'storm surge', 'moon']);
});

test('the first word of a sentence gives nothing away by its capital', () => {
  expect(wrongChoices(tide, { answer: 'Tide', before: '', terms: [tide, moon, bay] })).toEqual(['Moon', 'Bay']);
});
