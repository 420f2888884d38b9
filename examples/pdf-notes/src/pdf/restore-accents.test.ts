import { expect, test } from 'vitest';
import { restoreAccents } from './restore-accents.js';

test.each([
  ['¨Ubersetzung der Handb¨ucher', 'Übersetzung der Handbücher'],
  ['troisi`eme ligne, compos´e', 'troisième ligne, composé'],
  ['Fran¸cais, s˚a, ma˜nana, Fundaci´on', 'Français, så, mañana, Fundación'],
  ['a na´ıve view', 'a naíve view'],
])('%s becomes %s', (drawn, written) => {
  expect(restoreAccents(drawn)).toBe(written);
});

test.each(['the `frozen’ archive', '3 ˚ of the circle', 'x ˆ2 and ~y', 'déjà vu'])('%s stays as it is', (text) => {
  expect(restoreAccents(text)).toBe(text);
});
