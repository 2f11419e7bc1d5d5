// Puts the flasher stub into a chip's RAM and starts it: from then on the loader is the stub.
import { hex } from '../../core/text.js';
import type { ChipSpec } from '../../core/chips/index.js';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { OP, checksumOf, dataBlock, encodeRequest, words } from '../protocol/command.js';
import type { Loader } from '../protocol/loader.js';
import type { SecurityState } from './security.js';

/** A stub's two parts and where they go. */
export interface Stub {
  /** Address of its first instruction. */
  readonly entry: number;
  readonly textAddress: number;
  /** Base64. */
  readonly text: string;
  readonly dataAddress: number;
  /** Base64. */
  readonly data: string;
}

const BLOCK_BYTES = 0x1800;
/** "OHAI", alone in a frame: the stub runs. */
const GREETING = [0x4f, 0x48, 0x41, 0x49];
const GREETING_TIMEOUT_MS = 3_000;
/** Frames that may come before it: the ROM's answer to the start command, and boot noise. */
const FRAMES_BEFORE_GREETING = 10;
const NOT_A_REBOOT = 0;

/** Chips whose ROM starts no foreign code while secure boot is on. */
const LOCKED_BY_SECURE_BOOT: readonly string[] = ['esp32c3', 'esp32s3'];

/** Name of the stub for a chip of that revision (major * 100 + minor); undefined where none may run. */
export function stubNameFor(chip: ChipSpec, revision: number, security: SecurityState): string | undefined {
  if (security.secureDownload || (security.secureBoot && LOCKED_BY_SECURE_BOOT.includes(chip.name)))
    return undefined;
  return [...chip.stubs].reverse().find(({ fromRevision }) => revision >= fromRevision)?.stub;
}

/** @throws STUB_FAILED, LINK_TIMEOUT, LOADER_REFUSED */
export async function startStub(loader: Loader, stub: Stub): Promise<void> {
  await upload(loader, decodeBase64(stub.text), stub.textAddress);
  await upload(loader, decodeBase64(stub.data), stub.dataAddress);
  loader.forgetInput();
  // The ROM may jump before its answer is out, so that answer and greeting are awaited together.
  const start = encodeRequest(OP.memEnd, words(NOT_A_REBOOT, stub.entry));
  await loader.sendRaw(start, GREETING_TIMEOUT_MS, 'starting the stub');
  await awaitGreeting(loader);
  loader.isStub = true;
}

async function upload(loader: Loader, bytes: Uint8Array, address: number): Promise<void> {
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
  const what = `uploading the stub to ${hex(address)}`;
  await loader.send({ op: OP.memBegin, data: words(bytes.length, blocks, BLOCK_BYTES, address), what });
  for (let index = 0; index < blocks; index++) {
    const block = bytes.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES);
    await loader.send({ op: OP.memData, data: dataBlock(block, index), checksum: checksumOf(block), what });
  }
}

async function awaitGreeting(loader: Loader): Promise<void> {
  const port = loader.link.address;
  try {
    for (let count = 0; count < FRAMES_BEFORE_GREETING; count++) {
      const frame = await loader.readFrame(GREETING_TIMEOUT_MS, 'the stub');
      if (frame.length === GREETING.length && GREETING.every((byte, index) => frame[index] === byte)) return;
    }
  } catch (error) {
    if (!isEspmintError(error, 'LINK_TIMEOUT')) throw error;
    throw new EspmintError('STUB_FAILED', { port, reason: 'it does not greet' }, { cause: error });
  }
  throw new EspmintError('STUB_FAILED', { port, reason: 'something else answers' });
}

function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
