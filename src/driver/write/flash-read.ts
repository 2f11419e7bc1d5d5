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
 * @throws LINK_TIMEOUT, LOADER_REFUSED (unsupported: Secure Download Mode), LINK_DAMAGED (three times), VERIFY_MISMATCH where
 *   bytes and MD5 come twice in a row as they were and do not belong together
 */
export async function readFlash(loader: Loader, region: Region): Promise<Uint8Array> {
  let last = '';
  for (let tries = 1; ; tries++) {
    const { bytes, digest } = loader.isStub
      ? await stream(loader, region)
      : await readAndDigest(loader, region);
    const computed = md5Of(bytes);
    if (computed === digest) return bytes;
    const { address: port, baud } = loader.link;
    if (last === computed + digest) {
      const { offsetBytes: offset, sizeBytes: size } = region;
      throw new EspmintError('VERIFY_MISMATCH', { port, offset, size, expected: computed, found: digest });
    }
    last = computed + digest;
    if (tries >= READ_TRIES) {
      const reason = `${regionText(region)}, read ${READ_TRIES} times, never had the MD5 that the chip says`;
      throw new EspmintError('LINK_DAMAGED', { port, baud, reason });
    }
  }
}

interface Reading {
  readonly bytes: Uint8Array;
  /** Lower-case hex. */
  readonly digest: string;
}

async function readAndDigest(loader: Loader, region: Region): Promise<Reading> {
  const [bytes = new Uint8Array(0)] = await readUnproven(loader, [region]);
  return { bytes, digest: await flashMd5(loader, region) };
}

/** By the ROM, without the MD5: for what the caller proves in another way. Several regions in one go. */
export async function readUnproven(
  loader: Loader,
  regions: readonly Region[],
): Promise<readonly Uint8Array[]> {
  const commands = regions.map(readCommands);
  const pieces = [...(await loader.repeatAll(commands.flat()))];
  return regions.map(({ sizeBytes }, index) => {
    const own = pieces.splice(0, commands[index]?.length ?? 0);
    return concatBytes(...own.map(({ data }) => data)).subarray(0, sizeBytes);
  });
}

/** A ROM gives 64 bytes at a time. */
export function readCommands({ offsetBytes, sizeBytes }: Region): readonly Command[] {
  return Array.from({ length: Math.ceil(sizeBytes / ROM_READ_BYTES) }, (_, index): Command => {
    const piece = { offsetBytes: offsetBytes + index * ROM_READ_BYTES, sizeBytes: ROM_READ_BYTES };
    return {
      op: OP.readFlashSlow,
      data: words(piece.offsetBytes, piece.sizeBytes),
      replyBytes: [ROM_READ_BYTES],
      what: `reading ${regionText(piece)}`,
    };
  });
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
    // All but the last have the size that was asked for: a board that drips would hold us for hours otherwise.
    if (packet.length < PACKET_BYTES && count < sizeBytes) throw shortRead(loader, what);
    await loader.sendRaw(words(count), PACKET_TIMEOUT_MS, what);
  }
  const digest = await loader.readFrame(PACKET_TIMEOUT_MS, what);
  if (count !== sizeBytes || digest.length !== DIGEST_BYTES) {
    throw shortRead(loader, what);
  }
  return { bytes: concatBytes(...packets), digest: bytesToHex(digest) };
}

function shortRead(loader: Loader, what: string): EspmintError<'LINK_TIMEOUT'> {
  return new EspmintError('LINK_TIMEOUT', { port: loader.link.address, what, timeoutMs: PACKET_TIMEOUT_MS });
}
