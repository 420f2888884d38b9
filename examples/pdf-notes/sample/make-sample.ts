// Writes sample.pdf from how-we-hear.md: node examples/pdf-notes/sample/make-sample.ts
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import PDFDocument from 'pdfkit';

const SOURCE = new URL('how-we-hear.md', import.meta.url);
const TARGET = new URL('sample.pdf', import.meta.url);

const INK = '#1c1c1e';
const ACCENT = '#1f4e79';
const TITLE = 'How We Hear';

const paragraphs = (await readFile(SOURCE, 'utf8')).trim().split(/\n{2,}/);
const pdf = new PDFDocument({
  size: 'A4',
  margins: { top: 85, bottom: 85, left: 90, right: 90 },
  bufferPages: true,
  lang: 'en',
  displayTitle: true,
  // The same bytes every time.
  info: { Title: TITLE, Author: 'The pdf-notes example', CreationDate: new Date('2026-01-01T00:00:00Z'), ModDate: new Date('2026-01-01T00:00:00Z') },
});
const file = pdf.pipe(createWriteStream(TARGET));

for (const paragraph of paragraphs) {
  if (paragraph.startsWith('# ')) writeTitle(paragraph.slice(2));
  else if (paragraph.startsWith('## ')) writeHeading(paragraph.slice(3));
  else if (/^\*.*\*$/.test(paragraph)) writeSubtitle(paragraph.slice(1, -1));
  else writeParagraph(paragraph);
}
writeFooters();
pdf.end();
await finished(file);

function writeTitle(text: string): void {
  pdf.font('Helvetica-Bold').fontSize(27).fillColor(ACCENT).text(text);
}

function writeSubtitle(text: string): void {
  pdf.moveDown(0.3).font('Times-Italic').fontSize(13).fillColor('#55606a').text(text).moveDown(1.4);
}

function writeHeading(text: string): void {
  const roomForHeadingAndThreeLines = 95;
  if (pdf.y > pdf.page.height - pdf.page.margins.bottom - roomForHeadingAndThreeLines) pdf.addPage();
  pdf.moveDown(0.7).font('Helvetica-Bold').fontSize(14.5).fillColor(ACCENT).text(text).moveDown(0.45);
}

function writeParagraph(text: string): void {
  pdf.font('Times-Roman').fontSize(11.5).fillColor(INK).text(text, { lineGap: 3.2 }).moveDown(0.6);
}

function writeFooters(): void {
  const { start, count } = pdf.bufferedPageRange();
  for (let index = start; index < start + count; index += 1) {
    pdf.switchToPage(index);
    // Text below the bottom margin would begin a page of its own.
    pdf.page.margins.bottom = 0;
    pdf.font('Helvetica').fontSize(9).fillColor('#7a838b');
    pdf.text(`${TITLE}  ·  ${index - start + 1} of ${count}`, pdf.page.margins.left, pdf.page.height - 55, { align: 'center', lineBreak: false, width: 415 });
  }
}
