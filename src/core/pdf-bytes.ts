// The bytes of a PDF that is drawn piece by piece.
import { concatBytes } from '@noble/hashes/utils.js';

/** What of a document is needed here. */
interface DrawnPdf {
  on(event: 'data', listener: (piece: Uint8Array) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  end(): void;
}

/** Listens from now on; call what it returns when everything is drawn. */
export function collectPdf(document: DrawnPdf): () => Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  document.on('data', (piece) => pieces.push(piece));
  return () =>
    new Promise((resolve, reject) => {
      document.on('end', () => resolve(concatBytes(...pieces)));
      document.on('error', reject);
      document.end();
    });
}
