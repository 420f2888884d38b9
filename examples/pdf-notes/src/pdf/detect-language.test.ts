import { expect, test } from 'vitest';
import { CHINESE, documentOf, JAPANESE } from '../../tests/documents/documents.js';
import { detectLanguage } from './detect-language.js';

const LEGAL = documentOf(`Permission is granted to copy this translation in any form, provided that this notice is kept with it and that nobody is held liable. `.repeat(3)).blocks;

test.each([
  ['jpn', JAPANESE],
  ['cmn', CHINESE],
  ['deu', documentOf('Die Gezeiten entstehen durch die Anziehung des Mondes und der Sonne, die das Wasser der Meere auf beiden Seiten der Erde anheben.\n'.repeat(6))],
  ['eng', documentOf('The tides are caused by the moon and by the sun, which raise the water of the seas on both sides of the earth.')],
])('%s is told, also behind a page of legal English', (language, { blocks }) => {
  expect(detectLanguage(blocks)).toBe(language);
  expect(detectLanguage([...LEGAL, ...blocks])).toBe(language);
});

test('Chinese that is full of names in Latin letters is Chinese', () => {
  const sentence = '使用 debmake 命令构建 Debian 软件包的方法，包括 GNU Autotools 与 CMake 的配置，以及 lintian 检查。';
  expect(detectLanguage(documentOf(`${sentence}\n`.repeat(5)).blocks)).toBe('cmn');
});

test('a few words tell nothing', () => {
  expect(detectLanguage(documentOf('Invoice 17').blocks)).toBeUndefined();
});
