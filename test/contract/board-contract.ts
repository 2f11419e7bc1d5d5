// What every board must keep, whatever carries its bytes and whoever speaks its protocol: one suite for all.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Board, ConnectOptions } from '../../src/driver/index.js';
import { md5Of } from '../../src/driver/write/md5.js';
import { scrambled } from '../support/plug-in.js';

/** A board to try things on. Its flash between 0x9000 and 0x19000 is the suite's; the rest must stay as it is. */
export interface Bench {
  /** Opens the port and connects; a new connection each time. */
  connect(options?: ConnectOptions): Promise<Board>;
  readonly chip: string;
  /** Absent: not known beforehand. */
  readonly mac?: string;
  close(): Promise<void>;
}

const REGION = { offsetBytes: 0x9000, sizeBytes: 0x10000 };
/** The sectors on both sides of the region. */
const NEIGHBOURS = [
  { offsetBytes: 0x8000, sizeBytes: 0x1000 },
  { offsetBytes: 0x19000, sizeBytes: 0x1000 },
];

/** An image as provisioning makes it: a little data, then erased flash. */
function sparse(seed: number): Uint8Array {
  const image = new Uint8Array(REGION.sizeBytes).fill(0xff);
  image.set(scrambled(1_500, seed));
  return image;
}

async function using<T>(bench: Bench, act: (board: Board) => Promise<T>): Promise<T> {
  const board = await bench.connect();
  try {
    return await act(board);
  } finally {
    await board.close();
  }
}

export function itKeepsTheBoardContract(open: () => Promise<Bench>): void {
  let bench: Bench;
  beforeAll(async () => {
    bench = await open();
  });
  afterAll(() => bench.close());

  it('knows the chip, its MAC, its flash and the partition table in it', async () => {
    const [facts, table] = await using(bench, async (board) => [
      board.facts,
      await board.readPartitionTable(),
    ]);
    expect(table?.partitions.find(({ label }) => label === 'nvs')).toMatchObject({ offsetBytes: 0x9000 });
    expect(facts.chip).toBe(bench.chip);
    expect(facts.mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    if (bench.mac !== undefined) expect(facts.mac).toBe(bench.mac);
    expect(facts.flashSizeBytes).toBeGreaterThanOrEqual(0x20_0000);
  });

  it('refuses a board of another kind', async () => {
    const other = bench.chip === 'esp32s3' ? 'esp32c3' : 'esp32s3';
    await expect(bench.connect({ expectChip: other })).rejects.toMatchObject({ code: 'CHIP_UNEXPECTED' });
  });

  it('writes an image, proves it and no other, and leaves the neighbours alone', async () => {
    await using(bench, async (board) => {
      const before = [];
      for (const region of NEIGHBOURS) before.push(await board.md5(region));
      const image = sparse(1);
      const target = { offsetBytes: REGION.offsetBytes, image };
      const percents: number[] = [];
      await board.writeRegion(target, { onProgress: (percent) => percents.push(percent) });
      await board.verifyRegion(target);
      const other = Uint8Array.from(image);
      other[0xffff] = 0;
      await expect(
        board.verifyRegion({ offsetBytes: REGION.offsetBytes, image: other }),
      ).rejects.toMatchObject({ code: 'VERIFY_MISMATCH' });
      expect(await board.md5(REGION)).toBe(md5Of(image));
      expect(percents.at(-1)).toBe(100);
      const after = [];
      for (const region of NEIGHBOURS) after.push(await board.md5(region));
      expect(after).toEqual(before);
    });
  });

  it('writes over another image, in a connection of its own', async () => {
    const target = { offsetBytes: REGION.offsetBytes, image: scrambled(REGION.sizeBytes, 2) };
    await using(bench, (board) => board.writeRegion(target));
    await using(bench, (board) => board.verifyRegion(target));
    const read = await using(bench, (board) => board.readFlash({ offsetBytes: 0x9100, sizeBytes: 0x180 }));
    expect(read).toEqual(target.image.subarray(0x100, 0x280));
  });

  it('erases, and refuses a region that shares a sector with something else', async () => {
    await using(bench, async (board) => {
      await board.eraseRegion(REGION);
      expect(await board.md5(REGION)).toBe(md5Of(new Uint8Array(REGION.sizeBytes).fill(0xff)));
      const image = new Uint8Array(0x1800);
      await expect(board.writeRegion({ offsetBytes: 0x9000, image })).rejects.toMatchObject({
        code: 'REGION_INVALID',
      });
    });
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    abort.abort();
    await expect(bench.connect({ signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('can be connected again after a reset', async () => {
    await using(bench, (board) => board.reset());
    await using(bench, (board) => Promise.resolve(board.facts));
  });
}
