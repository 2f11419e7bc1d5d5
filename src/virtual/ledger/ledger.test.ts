// The ledger counts what happened, and its floor is never above what a session took.
import { describe, expect, it } from 'vitest';
import type { ChipName } from '../../core/chips/index.js';
import { createVirtualBoard } from '../board.js';
import { OP } from '../packet.js';
import { TestClient, words } from '../testing/client.js';
import { INSTANT, REAL } from '../timing.js';
import { floorOf } from './floor.js';
import type { LedgerReport } from './ledger.js';

function session(work: (client: TestClient) => void): LedgerReport {
  const reports: LedgerReport[] = [];
  // Times of the table, without waiting for them.
  const timing = { ...INSTANT, usbLatencyMs: 1 };
  const board = createVirtualBoard({ timing, onSession: (report) => reports.push(report) });
  const client = TestClient.inLoader(board);
  work(client);
  client.port.unplug();
  const [report] = reports;
  if (report === undefined) throw new Error('no report');
  return report;
}

describe('the ledger', () => {
  it('counts round trips, requests and bytes both ways', () => {
    const report = session((client) => {
      client.sync();
      client.readRegister(0x40001000);
    });
    expect(report).toMatchObject({ roundTrips: 2, requests: 2, bytesToChip: 46 + 14, bytesToHost: 9 * 14 });
    expect(report.timeMs.latency).toBe(2);
    expect(report.timeMs.wireToChip).toBeCloseTo((60 * 10 * 1000) / 115_200);
  });

  it('counts sectors, blocks and pages', () => {
    const report = session((client) => {
      client.attach();
      client.command(OP.FLASH_BEGIN, words(0x12000, 1, 0x400, 0xf000));
      client.block(OP.FLASH_DATA, new Uint8Array(0x400));
    });
    expect(report).toMatchObject({
      // The ROM erases a block at once only where more than one is left.
      sectorsErased: 2,
      blocksErased: 1,
      pagesProgrammed: 4,
      bytesProgrammed: 0x400,
    });
  });
});

describe('the floor', () => {
  const blank = new Uint8Array(0x20000).fill(0xff);
  const floor = (before: Uint8Array, after: Uint8Array): ReturnType<typeof floorOf> =>
    floorOf({ before, after, timing: REAL, baud: 921_600 });
  const changed = (base: Uint8Array, at: number, value: number): Uint8Array => {
    const copy = base.slice();
    copy[at] = value;
    return copy;
  };

  it('asks for no flash work where nothing changed', () => {
    expect(floor(blank, blank)).toMatchObject({ eraseMs: 0, programMs: 0, md5Ms: 0, sectorsToErase: 0 });
  });

  it('programs without erasing where bits only fall', () => {
    expect(floor(blank, changed(blank, 5, 0))).toMatchObject({ sectorsToErase: 0, pagesToProgram: 1 });
  });

  it('erases where a bit must rise, by blocks where that is cheaper', () => {
    const used = new Uint8Array(0x20000);
    expect(floor(used, changed(used, 5, 1))).toMatchObject({
      sectorsToErase: 1,
      eraseMs: REAL.eraseSectorMs,
    });
    const whole = floor(used, blank);
    expect(whole).toMatchObject({ sectorsToErase: 32, eraseMs: 2 * REAL.eraseBlockMs, pagesToProgram: 0 });
  });

  it('erases sector by sector where the block holds something that stays', () => {
    const used = new Uint8Array(0x20000);
    const after = used.slice().fill(0xff, 0x9000, 0x19000);
    expect(floor(used, after)).toMatchObject({ sectorsToErase: 16, eraseMs: 16 * REAL.eraseSectorMs });
    // Beside blank flash a block may go at once.
    const alone = blank.slice().fill(0, 0x9000, 0x19000);
    expect(floor(alone, blank)).toMatchObject({ sectorsToErase: 16, eraseMs: 2 * REAL.eraseBlockMs });
  });

  const region = { offsetBytes: 0x9000, sizeBytes: 0x4000 };
  const floorIn = (before: Uint8Array, after: Uint8Array): ReturnType<typeof floorOf> =>
    floorOf({ before, after, timing: REAL, baud: 921_600, startBaud: 115_200, region });
  const md5Ms = (bytes: number): number => (bytes / REAL.md5BytesPerSecond) * 1000;

  it('looks where a region is to change before it does, and proves all of it', () => {
    const found = floorIn(blank, changed(blank, 0x9005, 0));
    expect(found).toMatchObject({ sectorsToErase: 0, pagesToProgram: 1 });
    expect(found.md5Ms).toBeCloseTo(md5Ms(0xc00 + 0x1000 + region.sizeBytes));
    expect(floorIn(blank, blank).md5Ms).toBeCloseTo(md5Ms(0xc00 + region.sizeBytes));
  });

  it('erases a region unseen only where that is cheaper than to look', () => {
    const used = new Uint8Array(0x20000);
    const found = floorIn(used, used.slice().fill(0xff, 0x9000, 0xd000));
    expect(found).toMatchObject({ sectorsToErase: 4, eraseMs: 4 * REAL.eraseSectorMs });
    expect(found.md5Ms).toBeCloseTo(md5Ms(0xc00 + region.sizeBytes));
  });

  it('pays for the change of the rate where the link carries none, and leaves it where it does not pay', () => {
    const after = changed(blank, 0x9005, 0);
    const options = { before: blank, after, timing: REAL, baud: 921_600, region };
    const given = floorOf(options);
    const unknown = floorOf({ ...options, startBaud: 115_200 });
    expect(unknown.wireMs).toBeGreaterThan(given.wireMs + 8);
    const slow = floorOf({ ...options, startBaud: 115_200, baud: 115_200 });
    expect(slow.wireMs).toBeGreaterThan(unknown.wireMs);
    expect(slow.latencyMs).toBe(unknown.latencyMs - REAL.usbLatencyMs);
  });

  it('counts what a chip must be asked before it can be told a rate', () => {
    const options = { before: blank, after: changed(blank, 0x9005, 0), timing: REAL, region };
    const on = (chip: ChipName): number =>
      floorOf({ ...options, baud: 921_600, startBaud: 115_200, chip }).latencyMs / REAL.usbLatencyMs;
    // The ESP32's ROM measures its crystal, and its flash's pins stand in eFuses; the C3 knows both.
    expect([on('esp32'), on('esp32c3')]).toEqual([5, 4]);
  });

  it('falls with the rate of the link', () => {
    const after = changed(blank, 5, 0);
    const slow = floorOf({ before: blank, after, timing: REAL, baud: 115_200 });
    expect(slow.wireMs).toBeCloseTo(8 * floor(blank, after).wireMs);
  });
});
