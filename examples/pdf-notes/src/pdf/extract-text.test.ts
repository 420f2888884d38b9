import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { badPdfs } from '../../tests/pdfs/bad-pdfs.js';
import { makeBook, makePdf, type PdfOptions } from '../../tests/pdfs/make-pdf.js';
import type { DocumentText } from './document-text.js';
import { extractText } from './extract-text.js';

const read = (bytes: Uint8Array, maximumPages = 100) => extractText(bytes, { maximumPages });
const drawn = async (draw: (pdf: PDFKit.PDFDocument) => void, options?: PdfOptions) => read(await makePdf(draw, options));
const paragraphs = ({ blocks }: DocumentText) => blocks.filter(({ kind }) => kind === 'paragraph').map(({ text }) => text);
const headings = ({ blocks }: DocumentText) => blocks.filter(({ kind }) => kind === 'heading').map(({ text }) => text);

const SENTENCE = 'The moon pulls at the sea and raises two mounds of water on opposite sides of the earth. ';

/** Lines exactly as given, a usual distance apart. */
function writeLines(pdf: PDFKit.PDFDocument, lines: readonly string[], { x = 72, y = 120, size = 11 } = {}): void {
  pdf.font('Times-Roman').fontSize(size);
  for (const [index, line] of lines.entries()) pdf.text(line, x, y + index * size * 1.3, { lineBreak: false });
}

/** Pieces of one line: text, size, and how far it is raised. An exponent is raised like the mark of a footnote. */
function writeRow(pdf: PDFKit.PDFDocument, y: number, ...pieces: readonly (readonly [string, number, number])[]): void {
  let x = 72;
  for (const [text, size, rise] of pieces) {
    pdf.fontSize(size).text(text, x, y - rise, { lineBreak: false, baseline: 'alphabetic' });
    x += pdf.widthOfString(text);
  }
}

describe('the sample', () => {
  test('gives each heading and each paragraph of the text that it was made from, whole and in order', async () => {
    const folder = new URL('../../sample/', import.meta.url);
    const source = await readFile(new URL('how-we-hear.md', folder), 'utf8');
    const document = await read(new Uint8Array(await readFile(new URL('sample.pdf', folder))));
    const written = source.trim().split(/\n{2,}/).map((text) => text.replace(/^#+ |^\*|\*$/g, ''));
    expect(document.blocks.map(({ text }) => text)).toEqual(written);
    expect(document).toMatchObject({ title: 'How We Hear', language: 'eng', pageCount: 4 });
  });
});

describe('lines', () => {
  test('become a paragraph, with words that were broken made whole and compounds left as they are', async () => {
    const document = await drawn((pdf) => writeLines(pdf, [
      'It is a well-known fact that the tide in the open ocean is hardly a metre high, but that bays am-',
      'plify it where their length makes the water swing. In the Bay of Fundy this well-',
      'known effect raises the water by sixteen metres, twice a day, which no other place on the earth reaches.',
    ]));
    expect(paragraphs(document)).toEqual([
      'It is a well-known fact that the tide in the open ocean is hardly a metre high, but that bays amplify it where their length makes the water swing. ' +
        'In the Bay of Fundy this well-known effect raises the water by sixteen metres, twice a day, which no other place on the earth reaches.',
    ]);
  });

  test('of a list are items of their own, without their bullets', async () => {
    const document = await drawn((pdf) => writeLines(pdf, ['• The moon pulls at the sea.', '• The sun does so too, but more weakly.', '• Friction slows the earth down.']));
    expect(document.blocks).toEqual(
      ['The moon pulls at the sea.', 'The sun does so too, but more weakly.', 'Friction slows the earth down.'].map((text) => ({ kind: 'paragraph', item: true, text, page: 1 })),
    );
  });

  test('of two columns are read one column after the other', async () => {
    const left = ['The left column is read first', 'and ends before the right one', 'begins, although both stand', 'at the same height.'];
    const right = ['The right column is read when', 'the left one has been read to', 'its end, as people do it.'];
    const document = await drawn((pdf) => {
      writeLines(pdf, left);
      writeLines(pdf, right, { x: 320 });
    });
    expect(paragraphs(document).join(' ')).toBe([...left, ...right].join(' '));
  });

  test('go on over the end of a page', async () => {
    const document = await drawn((pdf) => {
      writeLines(pdf, ['This sentence begins at the end of a page that has no more room for the rest of it, so that it goes', 'on where nobody'], { y: 700 });
      pdf.addPage();
      writeLines(pdf, ['expects a paragraph to begin, because the first letter of the page is a small one in this case.']);
    });
    expect(paragraphs(document)[0]).toMatch(/goes on where nobody expects a paragraph/);
  });
});

describe('what is not running text', () => {
  test('headers, footers and page numbers are left out', async () => {
    const document = await drawn((pdf) => {
      for (let page = 1; page <= 5; page += 1) {
        if (page > 1) pdf.addPage();
        pdf.page.margins.bottom = 0;
        pdf.font('Times-Roman').fontSize(11);
        pdf.text('Tides of the world', 72, 40, { lineBreak: false }).text(`Page ${page}`, 500, 800, { lineBreak: false });
        pdf.text(`${SENTENCE}This is page number ${page}.`, 72, 120, { width: 450 });
      }
    });
    expect(paragraphs(document)).toEqual([1, 2, 3, 4, 5].map((page) => `${SENTENCE}This is page number ${page}.`));
  });

  test('programs, lines of tables of contents and small print are left out, and a mark that leads to a footnote', async () => {
    const document = await drawn((pdf) => {
      pdf.font('Times-Roman').fontSize(11).text(SENTENCE.repeat(3), 72, 100);
      pdf.text('Chapter one . . . . . . . . . . . . . 17', 72, 200);
      pdf.font('Courier').text('for (const tide of tides) rise(tide);', 72, 230);
      pdf.font('Times-Roman');
      writeRow(pdf, 260, ['The moon is the cause', 11, 0], ['12', 7, 4], [' of all this, from 10', 11, 0], ['3', 7, 4], [' places.', 11, 0]);
      pdf.fontSize(8).text('12 As Newton was the first to explain in his great book on mechanics.', 72, 700);
    });
    const text = document.blocks.map((block) => block.text).join('\n');
    expect(text).not.toMatch(/Chapter one|for \(const|Newton/);
    expect(text).toContain('The moon is the cause of all this, from 103 places.');
  });

  test('the cells of a table are not taken for one sentence', async () => {
    const document = await drawn((pdf) => {
      pdf.font('Times-Roman').fontSize(11).text(SENTENCE.repeat(3), 72, 100).text('Bay of Fundy', 72, 200).text('sixteen metres', 300, 200);
    });
    expect(paragraphs(document).slice(1)).toEqual(['Bay of Fundy', 'sixteen metres']);
  });

  test('a document that is set like a typewriter’s is no program', async () => {
    const document = await drawn((pdf) => pdf.font('Courier').fontSize(10).text(SENTENCE.repeat(4)));
    expect(paragraphs(document)).toEqual([SENTENCE.repeat(4).trim()]);
  });
});

describe('headings', () => {
  test('are larger than the text, the largest are of level 1', async () => {
    const document = await drawn((pdf) => {
      pdf.fontSize(24).text('Tides').moveDown();
      pdf.fontSize(15).text('Spring tides and neap tides').moveDown().fontSize(11).text(SENTENCE.repeat(3));
    });
    expect(document.blocks.slice(0, 2)).toEqual([
      { kind: 'heading', level: 1, text: 'Tides', page: 1 },
      { kind: 'heading', level: 2, text: 'Spring tides and neap tides', page: 1 },
    ]);
  });

  test('may be as large as the text where they stand alone and in bold', async () => {
    const document = await drawn((pdf) => {
      for (const heading of ['Why there are tides', 'When they are highest']) {
        pdf.font('Times-Bold').fontSize(11).text(heading).moveDown();
        pdf.font('Times-Roman').text(SENTENCE.repeat(4)).moveDown(2);
      }
    });
    expect(headings(document)).toEqual(['Why there are tides', 'When they are highest']);
  });
});

describe('the title', () => {
  test.each([
    ['that the document states', { Title: 'On the Tides' }, 'On the Tides'],
    ['that its first page shows, where it states a file name', { Title: 'tides_final2.docx' }, 'Tides of the World'],
    ['that its first page shows, where it states none', {}, 'Tides of the World'],
  ])('is the one %s', async (_, info, title) => {
    const document = await drawn((pdf) => {
      pdf.fontSize(24).text(title === 'On the Tides' ? 'On the tides' : 'Tides of the World').moveDown().fontSize(11).text(SENTENCE.repeat(3));
    }, { info });
    expect(document.title).toBe(title);
  });
});

describe('a problem, in a sentence for people, is a PDF', () => {
  test.each([
    ['with a password', 'PDF_ENCRYPTED', badPdfs.passwordProtected, /password/],
    ['that is rubbish inside', 'PDF_DAMAGED', badPdfs.damaged, /damaged/],
    ['of pictures', 'PDF_WITHOUT_TEXT', badPdfs.withoutText, /OCR/],
  ])('%s', async (_, code, make, sentence) => {
    await expect(read(await make())).rejects.toMatchObject({ code, message: expect.stringMatching(sentence) });
  });

  test('with more pages than allowed', async () => {
    const book = await makeBook(5);
    await expect(read(book.slice(), 4)).rejects.toMatchObject({ code: 'PDF_TOO_LONG' });
    await expect(read(book, 5)).resolves.toMatchObject({ pageCount: 5 });
  });
});

test('a PDF that everybody may read, but not change, is read', async () => {
  const document = await read(await makeBook(1, { ownerPassword: 'secret', pdfVersion: '1.7' }));
  expect(headings(document)).toEqual(['1 Rivers and their valleys']);
});
