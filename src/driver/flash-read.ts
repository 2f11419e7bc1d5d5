// Reads bytes back from flash: in small pieces from a ROM, as a stream with a checksum from a stub.
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js';
import { EspmintError } from '../core/errors/index.js';
import { OP, words } from './command.js';
import type { Loader } from './loader.js';
import { md5Of, regionText, type Region } from './md5.js';

/** A ROM always answers with this many bytes. */
export const ROM_READ_BYTES = 64;
const PACKET_BYTES = 0x1000;
/** More packets in flight break on loaders that keep one, and gain nothing on a UART. */
const PACKETS_IN_FLIGHT = 1;
const PACKET_TIMEOUT_MS = 3_000;
const DIGEST_BYTES = 16;
const READ_TRIES = 3;

/**
 * @throws LINK_TIMEOUT, LOADER_REFUSED (unsupported: Secure Download Mode), VERIFY_MISMATCH (damaged three times)
 */
export async function readFlash(loader: Loader, region: Region): Promise<Uint8Array> {
  return loader.isStub ? readByStub(loader, region) : readByRom(loader, region);
}

async function readByRom(loader: Loader, { offsetBytes, sizeBytes }: Region): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < sizeBytes; at += ROM_READ_BYTES) {
    const { data } = await loader.repeat({
      op: OP.readFlashSlow,
      data: words(offsetBytes + at, ROM_READ_BYTES),
      replyBytes: [ROM_READ_BYTES],
      what: `reading ${regionText({ offsetBytes: offsetBytes + at, sizeBytes: ROM_READ_BYTES })}`,
    });
    pieces.push(data);
  }
  return concatBytes(...pieces).subarray(0, sizeBytes);
}

async function readByStub(loader: Loader, region: Region): Promise<Uint8Array> {
  for (let tries = 1; ; tries++) {
    const { bytes, digest } = await stream(loader, region);
    const computed = md5Of(bytes);
    if (computed === digest) return bytes;
    if (tries >= READ_TRIES) {
      const details = { port: loader.link.address, offset: region.offsetBytes, size: region.sizeBytes };
      throw new EspmintError('VERIFY_MISMATCH', { ...details, expected: digest, found: computed });
    }
  }
}

/** Frames without header, each acknowledged with the count of bytes so far; at last the MD5 of all. */
async function stream(loader: Loader, region: Region): Promise<{ bytes: Uint8Array; digest: string }> {
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
