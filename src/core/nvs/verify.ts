// Judges an image as firmware would: all that Espressif's partition checker looks at, and what else firmware rejects.
import { type NvsImage, decodeNvs, pagesInUse } from './decode.js';
import { type NvsFinding, finding } from './findings.js';
import { PAGE_SIZE, READ_WRITE_MIN_SIZE } from './layout.js';
import { findPageFaults } from './verify-page.js';
import { findValueFaults } from './verify-values.js';

export interface NvsVerdict {
  /** True when nothing of severity `fault` was found. */
  readonly ok: boolean;
  readonly encrypted: boolean;
  /** In the order of the image. */
  readonly findings: readonly NvsFinding[];
}

/**
 * Looks for everything that firmware would reject, lose or read differently. Never throws, whatever the bytes. Of an
 * encrypted image only sizes and pages can be judged: decrypt it first to judge the rest.
 */
export function verifyNvs(image: Uint8Array): NvsVerdict {
  const decoded = decodeNvs(image);
  const findings = [
    ...findPartitionFaults(decoded),
    ...decoded.pages.flatMap((page) => findPageFaults(image, page, decoded)),
  ];
  if (!decoded.looksEncrypted) findings.push(...findValueFaults(image, decoded));
  findings.sort((a, b) => a.offsetBytes - b.offsetBytes);
  return {
    ok: findings.every(({ severity }) => severity !== 'fault'),
    encrypted: decoded.looksEncrypted,
    findings,
  };
}

function findPartitionFaults(image: NvsImage): NvsFinding[] {
  const { sizeBytes, pages } = image;
  const whole = { offsetBytes: 0 };
  const findings: NvsFinding[] = [];
  if (sizeBytes % PAGE_SIZE !== 0 || sizeBytes === 0) {
    const message = `the image has ${sizeBytes} bytes, which is not a whole number of pages of ${PAGE_SIZE} bytes`;
    findings.push(finding('size', whole, message));
  } else if (sizeBytes < READ_WRITE_MIN_SIZE) {
    findings.push(
      finding('read-only', whole, `the image has ${pages.length} of the 3 pages that writing needs`),
    );
  } else if (!pages.some((page) => page.state === 'empty')) {
    findings.push(
      finding('no-empty-page', whole, 'no page is empty, and firmware needs one to move entries'),
    );
  }
  if (image.looksEncrypted) findings.push(finding('encrypted', whole, 'the image is encrypted'));
  return [...findings, ...findSequenceFaults(image)];
}

function findSequenceFaults(image: NvsImage): NvsFinding[] {
  const findings: NvsFinding[] = [];
  const inUse = pagesInUse(image.pages);
  inUse.forEach((page, i) => {
    const newer = inUse[i + 1];
    const at = { page: page.index, offsetBytes: page.offsetBytes };
    if (newer?.sequence === page.sequence) {
      findings.push(
        finding(
          'sequence',
          at,
          `pages ${page.index} and ${newer.index} share the sequence number ${page.sequence}`,
        ),
      );
    }
    if (newer !== undefined && page.state === 'active') {
      findings.push(
        finding('page-order', at, `page ${page.index} is active, and page ${newer.index} is newer`),
      );
    }
  });
  return findings;
}
