import { expect, test } from 'vitest';
import { splitSentences } from './split-sentences.js';

test.each([
  ['titles and initials', 'eng', ['Dr. Smith wrote it with J. M. Chambers in 1984.', 'Others followed.']],
  ['abbreviations', 'eng', ['Animals, e.g. Bats, hear more (cf. Sec. 2).', 'See Fig. 3 for approx. 5 of them.', 'They hear well!']],
  ['abbreviations that end a sentence', 'eng', ['We have bats, owls, etc.', 'They hear well.']],
  ['numbers with points', 'eng', ['The value of 3.14 is near.', 'It is used.']],
  ['whole sentences in brackets', 'eng', ['The ear hears.', '(It is small. It is also old.)', 'The eye sees.']],
  ['names that begin with a point', 'eng', ['It is in a file called .profile in your home.', 'Read it.']],
  ['German dates and abbreviations', 'deu', ['Am 3. Oktober war es so, z. B. in Berlin, d. h. im Osten.', 'Prof. Dr. Müller sagt das.']],
  ['Japanese', 'jpn', ['元のプログラムを作った人です。', '「これは本です。」と言った。', 'どうですか？']],
  ['Chinese', 'cmn', ['月亮吸引海水。', '潮水每天涨落两次！']],
])('%s', (_, language, sentences) => {
  const separator = language === 'jpn' || language === 'cmn' ? '' : ' ';
  expect(splitSentences(sentences.join(separator), language)).toEqual(sentences);
});

test('nothing is lost: the sentences together are the paragraph', () => {
  const paragraph = 'A bracket (that is never closed. It goes on. And "so" does the quotation. U.S. law applies. R. is a letter.';
  expect(splitSentences(paragraph, 'eng').join(' ')).toBe(paragraph);
});
