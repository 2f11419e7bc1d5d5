// Reads bytes back from flash: in small pieces from a ROM, as a stream with a checksum from a stub.
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js';
import { EspmintError } from '../../core/errors/index.js';
import { OP, words } from '../protocol/command.js';
import type { Loader } from '../protocol/loader.js';
import type { Command } from '../protocol/request.js';
import { flashMd5, md5Of, regionText, type Region } from './md5.js';

/** A ROM always answers with this many bytes. */
const ROM_READ_BYTES = 64;
const PACKET_BYTES = 0x1000;
/** More packets in flight break on loaders that keep one, and gain nothing on a UART. */
const PACKETS_IN_FLIGHT = 1;
const PACKET_TIMEOUT_MS = 3_000;
const DIGEST_BYTES = 16;
const READ_TRIES = 3;

/**
 * A region's bytes, checked against the chip's own MD5 of it: single replies carry no checksum.
 * @throws LINK_TIMEOUT, LOADER_REFUSED (unsupported: Secure Download Mode), VERIFY_MISMATCH (damaged three times)
 */
export async function readFlash(loader: Loader, region: Region): Promise<Uint8Array> {
  for (let tries = 1; ; tries++) {
    const { bytes, digest } = loader.isStub
      ? await stream(loader, region)
      : await readAndDigest(loader, region);
    const computed = md5Of(bytes);
    if (computed === digest) return bytes;
    if (tries >= READ_TRIES) {
      const details = { port: loader.link.address, offset: region.offsetBytes, size: region.sizeBytes };
      throw new EspmintError('VERIFY_MISMATCH', { ...details, expected: digest, found: computed });
    }
  }
}

interface Reading {
  readonly bytes: Uint8Array;
  /** Lower-case hex. */
  readonly digest: string;
}

async function readAndDigest(loader: Loader, region: Region): Promise<Reading> {
  const bytes = await readUnproven(loader, region);
  return { bytes, digest: await flashMd5(loader, region) };
}

/** By the ROM, without the MD5: for what carries a checksum of its own. */
export async function readUnproven(loader: Loader, { offsetBytes, sizeBytes }: Region): Promise<Uint8Array> {
  const commands = Array.from({ length: Math.ceil(sizeBytes / ROM_READ_BYTES) }, (_, index): Command => {
    const piece = { offsetBytes: offsetBytes + index * ROM_READ_BYTES, sizeBytes: ROM_READ_BYTES };
    return {
      op: OP.readFlashSlow,
      data: words(piece.offsetBytes, piece.sizeBytes),
      replyBytes: [ROM_READ_BYTES],
      what: `reading ${regionText(piece)}`,
    };
  });
  const pieces = await loader.repeatAll(commands);
  return concatBytes(...pieces.map(({ data }) => data)).subarray(0, sizeBytes);
}

/** Frames without header, each acknowledged with the count of bytes so far; at last the MD5 of all. */
async function stream(loader: Loader, region: Region): Promise<Reading> {
  const what = `reading ${regionText(region)}`;
  const { offsetBytes, sizeBytes } = region;
  await loader.send({
    op: OP.readFlash,
    data: words(offsetBytes, sizeBytes, PACKET_BYTES, PACKETS_IN_FLIGHT),
    what,
  });
  const packets: Uint8Array[] = [];
  let count = 0;
  while (count < sizeBytes) {
    const packet = await loader.readFrame(PACKET_TIMEOUT_MS, what);
    packets.push(packet);
    count += packet.length;
    await loader.sendRaw(words(count), PACKET_TIMEOUT_MS, what);
  }
  const digest = await loader.readFrame(PACKET_TIMEOUT_MS, what);
  if (count !== sizeBytes || digest.length !== DIGEST_BYTES) {
    throw new EspmintError('LINK_TIMEOUT', { port: loader.link.address, what, timeoutMs: PACKET_TIMEOUT_MS });
  }
  return { bytes: concatBytes(...packets), digest: bytesToHex(digest) };
}
