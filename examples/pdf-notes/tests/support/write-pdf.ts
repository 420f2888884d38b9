import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import PDFDocument from 'pdfkit';

/** A chapter of the sample's text. */
export interface Chapter {
  readonly title: string;
  readonly paragraphs: readonly string[];
}

export async function sampleChapters(): Promise<readonly Chapter[]> {
  const text = await readFile(new URL('../../sample/how-we-hear.md', import.meta.url), 'utf8');
  return text
    .split(/^## /m)
    .slice(1)
    .map((chapter) => chapter.trim().split(/\n{2,}/))
    .map(([title = '', ...paragraphs]) => ({ title, paragraphs }));
}

/** A PDF with a title and each chapter on pages of its own. */
export async function writePdf(title: string, chapters: readonly Chapter[]): Promise<Buffer> {
  const pdf = new PDFDocument({ size: 'A4', margin: 72, info: { Title: title } });
  pdf.font('Helvetica-Bold').fontSize(26).text(title).moveDown();
  chapters.forEach((chapter, index) => {
    if (index > 0) pdf.addPage();
    pdf.font('Helvetica-Bold').fontSize(15).text(chapter.title).moveDown(0.5);
    for (const paragraph of chapter.paragraphs) pdf.font('Times-Roman').fontSize(11.5).text(paragraph).moveDown(0.5);
  });
  pdf.end();
  return buffer(pdf);
}

/** A PDF like that of a scanner without text recognition: pages, and no text on them. */
export async function writeScannedPdf(pages: number): Promise<Buffer> {
  const pdf = new PDFDocument({ size: 'A4' });
  for (let page = 1; page <= pages; page++) {
    if (page > 1) pdf.addPage();
    pdf.rect(72, 72, 450, 600).fill('#d8d4c8');
  }
  pdf.end();
  return buffer(pdf);
}
