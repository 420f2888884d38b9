import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createDeflate } from 'node:zlib';
import { makeBook, makePdf } from './make-pdf.js';

/** What people upload and nobody can make notes of. */
export const badPdfs = {
  empty: () => new Uint8Array(),
  textNamedPdf: () => new TextEncoder().encode('Dear all,\n\nplease find the paper attached.\n'),
  cutInHalf: async () => {
    const whole = await makeBook(4);
    return whole.slice(0, Math.floor(whole.length / 2));
  },
  passwordProtected: () => makeBook(1, { userPassword: 'secret', ownerPassword: 'more secret', pdfVersion: '1.7ext3' }),
  /** Pages with drawings only, as a scanner makes them. */
  withoutText: () =>
    makePdf((pdf) => {
      for (let page = 1; page <= 3; page += 1) {
        if (page > 1) pdf.addPage();
        for (let line = 0; line < 30; line += 1) pdf.rect(72, 72 + line * 20, 450 - ((line * 37) % 60), 8).fill('#333333');
      }
    }),
  /** Right at its beginning and its end, and rubbish in between. */
  damaged: async () => {
    const bytes = await makeBook(2);
    bytes.fill(0x41, 40, bytes.length - 60);
    return bytes;
  },
  /** Half a megabyte that unpacks to half a gigabyte on its one page. */
  bomb: async () => {
    const megabyte = Buffer.alloc(1024 ** 2, ' ');
    const megabytes = Array.from({ length: 512 }, () => megabyte);
    return rawPdf([stream(await buffer(Readable.from(megabytes).pipe(createDeflate())), '/Filter /FlateDecode')], '');
  },
  /** Two kilobytes whose one page draws a form ten times that draws another one ten times, and so on: 10,000,000,000 words. */
  maze: () => {
    const depth = 10;
    const form = (level: number) => stream(Buffer.from('/Next Do '.repeat(10)), `/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /Next ${6 + level} 0 R >> >>`);
    const word = stream(Buffer.from('BT /F1 9 Tf (word) Tj ET'), '/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F1 5 0 R >> >>');
    const forms = Array.from({ length: depth }, (_, index) => form(index + 1));
    return rawPdf([stream(Buffer.from('/Next Do'), ''), ...forms, word], '/XObject << /Next 6 0 R >>');
  },
};

const stream = (content: Uint8Array, entries: string): Uint8Array =>
  Buffer.concat([Buffer.from(`<< /Length ${content.length} ${entries} >>\nstream\n`), content, Buffer.from('\nendstream')]);

/** A PDF of one page whose content is the first of these objects, number 4; the others begin at number 6. */
function rawPdf([content, ...others]: readonly Uint8Array[], resources: string): Uint8Array {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> ${resources} >> >>`,
    content!,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...others,
  ];
  const chunks: Buffer[] = [Buffer.from('%PDF-1.7\n')];
  const offsets: number[] = [];
  const size = () => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  for (const [index, object] of objects.entries()) {
    offsets.push(size());
    chunks.push(Buffer.from(`${index + 1} 0 obj\n`), Buffer.from(object), Buffer.from('\nendobj\n'));
  }
  const start = size();
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  chunks.push(Buffer.from(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`));
  return new Uint8Array(Buffer.concat(chunks));
}
