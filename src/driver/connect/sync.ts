// SYNC: the request that a loader measures our rate by, and the replies that tell ROM from stub.
import { isEspmintError } from '../../core/errors/index.js';
import { OP, SYNC_DATA, encodeRequest, type Reply } from '../protocol/command.js';
import type { FrameChannel } from '../protocol/frame-channel.js';
import { FRAME_END, encodeFrame } from '../protocol/slip.js';
import { Deadline } from '../wait.js';

export const SYNC_TIMEOUT_MS = 100;
/** SYNC is answered by eight frames: a stub's all have value 0, a ROM's never. */
const SYNC_REPLIES = 8;

/** @param extraDelimiter for a stub that lost count of them. */
export function syncFrame(extraDelimiter: boolean): Uint8Array {
  const frame = encodeFrame(encodeRequest(OP.sync, SYNC_DATA));
  return extraDelimiter ? Uint8Array.of(FRAME_END, ...frame) : frame;
}

/** Waits for the first reply; whether it came from a stub. The rest of a ROM's is left for others to skip. */
export async function readSyncReplies(channel: FrameChannel, deadline: Deadline): Promise<boolean> {
  const first = await readSync(channel, deadline);
  return first.value === 0 && (await restIsStub(channel));
}

async function readSync(channel: FrameChannel, deadline: Deadline): Promise<Reply> {
  for (;;) {
    const reply = await channel.readReply(deadline, 'SYNC');
    if (reply.op === OP.sync) return reply;
  }
}

async function restIsStub(channel: FrameChannel): Promise<boolean> {
  const deadline = new Deadline(SYNC_TIMEOUT_MS);
  try {
    for (let count = 1; count < SYNC_REPLIES; count++) {
      if ((await readSync(channel, deadline)).value !== 0) return false;
    }
  } catch (error) {
    if (!isEspmintError(error, 'LINK_TIMEOUT')) throw error;
  }
  return true;
}
