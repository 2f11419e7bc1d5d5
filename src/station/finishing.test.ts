import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FlashImage } from '../core/flash-image.js';
import { openLink } from '../driver/index.js';
import { startVirtualPrinter, type VirtualPrinter } from '../virtual/index.js';
import type { Admission } from '../provision/admission.js';
import { withFinish, type FinishedUnit } from './finishing.js';
import { ScanBack } from './label-scan.js';
import { printLabel } from './label-printer.js';

const image: FlashImage = { offsetBytes: 0, sizeBytes: 4096, md5: 'aa', sha256: 'bb' };
const device = { mac: 'a4:cf:12:34:56:78', uuid: 'u' };
const unit = { uuid: 'u', chip: 'esp32', image };

describe('a unit', () => {
  it('is finished before its batch counts it, and does not count when that fails', async () => {
    const announced: string[] = [];
    const inner: Admission = {
      serial: 'ZC-1',
      passed: () => Promise.resolve(void announced.push('counted')),
      failed: () => Promise.resolve(void announced.push('failed')),
    };
    const finish = (finished: FinishedUnit): Promise<void> =>
      Promise.resolve(void announced.push(`label ${finished.serial}`));
    const admission = await withFinish(() => Promise.resolve(inner), finish)(device);
    await admission.passed(unit);
    expect(announced).toEqual(['label ZC-1', 'counted']);

    const broken = await withFinish(
      () => Promise.resolve(inner),
      () => Promise.reject(new Error('no paper')),
    )(device);
    await expect(broken.passed(unit)).rejects.toThrow('no paper');
    expect(announced).toEqual(['label ZC-1', 'counted']);
  });

  it('that was finished before gets no second label', async () => {
    const labels: FinishedUnit[] = [];
    const inner: Admission = {
      earlier: image,
      passed: () => Promise.resolve(),
      failed: () => Promise.resolve(),
    };
    const finish = (finished: FinishedUnit): Promise<void> => Promise.resolve(void labels.push(finished));
    await (await withFinish(() => Promise.resolve(inner), finish)(device)).passed(unit);
    expect(labels).toEqual([]);
  });

  it('is finished without a batch as well', async () => {
    const labels: FinishedUnit[] = [];
    const admission = await withFinish(undefined, (finished) => Promise.resolve(void labels.push(finished)))(
      device,
    );
    await admission.passed(unit);
    await admission.failed({ code: 'X', stage: 'write' });
    expect(labels).toMatchObject([{ mac: device.mac, chip: 'esp32' }]);
  });
});

describe('scan-back', () => {
  it('lets each unit pass with its own code only', async () => {
    const scans = new ScanBack(5000);
    const passed: string[] = [];
    const units = ['A', 'B'].map((code) => scans.expect(code).then(() => passed.push(code)));
    expect(scans.scan('C')).toBe(false);
    expect(scans.scan('B')).toBe(true);
    await units[1];
    await sleep(5);
    expect(passed).toEqual(['B']);
    expect(scans.scan('A')).toBe(true);
    await Promise.all(units);
    expect(scans.waitingCount).toBe(0);
  });

  it('ends when its run is stopped', async () => {
    const scans = new ScanBack(5000);
    const stop = new AbortController();
    const waiting = scans.expect('A', stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(scans.scan('A')).toBe(false);
  });

  it('says at the deadline what was scanned instead', async () => {
    const scans = new ScanBack(20);
    const waiting = scans.expect('A');
    scans.scan('B');
    await expect(waiting).rejects.toMatchObject({
      code: 'LABEL_SCAN_DIFFERS',
      details: { expected: 'A', scanned: 'B' },
    });
    expect(scans.waitingCount).toBe(0);
  });
});

describe('printing', () => {
  let printer: VirtualPrinter;
  beforeEach(async () => {
    printer = await startVirtualPrinter();
  });
  afterEach(() => printer.close());
  const print = (zpl: string, address = printer.url): Promise<void> =>
    printLabel(zpl, { address, open: (url) => openLink(url) });

  it('sends each label whole', async () => {
    const long = `^XA${'x'.repeat(100_000)}^XZ`;
    await print('^XA^FDone^FS^XZ');
    await print(long);
    expect(printer.labels).toEqual(['^XA^FDone^FS^XZ', long]);
  });

  it('works with a printer that never answers', async () => {
    printer.set({ answers: false });
    await print('^XA^XZ');
    expect(printer.labels).toHaveLength(1);
  });

  it('prints nothing and says why when there is no paper, and when there is no printer', async () => {
    printer.set({ paperOut: true });
    await expect(print('^XA^XZ')).rejects.toThrow(/out of labels.*espmint label/);
    expect(printer.labels).toEqual([]);
    await printer.close();
    await expect(print('^XA^XZ')).rejects.toMatchObject({ code: 'PRINTER_FAILED' });
  });
});
