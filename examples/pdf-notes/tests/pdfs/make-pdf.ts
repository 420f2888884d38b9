import { buffer } from 'node:stream/consumers';
import PDFDocument from 'pdfkit';

export type PdfOptions = PDFKit.PDFDocumentOptions;

/** A PDF with whatever `draw` puts on its pages, A4, margins of 72 points. The same bytes every time. */
export async function makePdf(draw: (pdf: PDFKit.PDFDocument) => void, options: PdfOptions = {}): Promise<Uint8Array> {
  const pdf = new PDFDocument({ size: 'A4', ...options, info: { CreationDate: new Date(0), ModDate: new Date(0), ...options.info } });
  const bytes = buffer(pdf);
  draw(pdf);
  pdf.end();
  return new Uint8Array(await bytes);
}

/** Pages of running text with a heading each, as long as one likes. */
export function makeBook(pages: number, options: PdfOptions = {}): Promise<Uint8Array> {
  return makePdf((pdf) => {
    for (let page = 1; page <= pages; page += 1) {
      if (page > 1) pdf.addPage();
      pdf.font('Helvetica-Bold').fontSize(16).text(`${page} Rivers and their valleys`).moveDown(0.5);
      pdf.font('Times-Roman').fontSize(11);
      for (let line = 1; line <= 6; line += 1)
        pdf.text(`River number ${page * 10 + line} carries stones from the mountains down to the sea, and it cuts a valley into the land through which it flows. `).moveDown(0.5);
    }
  }, options);
}
