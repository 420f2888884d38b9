import { expect, test } from 'vitest';
import { leaningOf } from './leaning.js';
import { pointsElsewhere } from './points-elsewhere.js';

test.each([
  ['eng', 'The moon pulls at the sea.', 'none'],
  ['eng', 'It pulls at the sea.', 'opening'],
  ['eng', 'With this, the water rises.', 'opening'],
  ['eng', 'The mounds of this kind are highest in spring.', 'within'],
  ['eng', 'The harbour tools refuse to remove these.', 'within'],
  ['deu', 'Dadurch hebt sich das Wasser.', 'opening'],
  ['rus', 'Поэтому вода поднимается.', 'opening'],
  ['jpn', 'しかし、水は上がる。', 'opening'],
  ['cmn', '因此，海水上升。', 'opening'],
  ['cmn', '月球吸引海水。', 'none'],
])('%s: %s leans on what stands before it: %s', (language, sentence, leaning) => {
  expect(leaningOf(sentence, language)).toBe(leaning);
});

test.each([
  ['eng', 'The tides are listed in the following table.'],
  ['eng', 'The mounds shown above are too large.'],
  ['eng', 'In this chapter we look at the tides.'],
  ['deu', 'Die Gezeiten sind in der folgenden Tabelle aufgeführt.'],
  ['fra', 'La figure ci-dessous montre les marées.'],
  ['jpn', '潮汐の例を次に記します。'],
  ['cmn', '潮汐的数据如下表所示。'],
])('%s: %s sends its reader elsewhere', (language, sentence) => {
  expect(pointsElsewhere(sentence, language)).toBe(true);
});

test.each(['The temperature falls below zero.', 'He lived above the harbour.', 'The example of the bay is well known.'])('%s stays where it is', (sentence) => {
  expect(pointsElsewhere(sentence, 'eng')).toBe(false);
});
