import { describe, expect, it } from 'vitest';
import type { Partition, PartitionTable } from '../../core/partition-table.js';
import { EMPTY_SURVEY, type FlashSurvey } from '../../core/flash-survey.js';
import { chooseRegion, type ChosenRegion } from './region.js';
import type { Target } from '../plan/plan.js';

const partition = (
  label: string,
  offsetBytes: number,
  sizeBytes: number,
  type = 1,
  subtype = 2,
): Partition => ({
  label,
  type,
  subtype,
  offsetBytes,
  sizeBytes,
  encrypted: false,
  readonly: false,
});
const table = (...partitions: Partition[]): PartitionTable => ({ partitions, md5Checked: true });
const STOCK = table(
  partition('nvs', 0x9000, 0x6000),
  partition('phy_init', 0xf000, 0x1000, 1, 1),
  partition('factory', 0x10000, 0x100000, 0, 0),
);

interface Flash {
  readonly table?: PartitionTable;
  readonly survey?: FlashSurvey;
}

function choose(target: Partial<Target>, { table: one, survey }: Flash = {}): ChosenRegion {
  const tables = one === undefined ? [] : [{ offsetBytes: 0x8000, table: one }];
  return chooseRegion(
    { force: false, ...target },
    { port: 'P', survey: survey ?? { ...EMPTY_SURVEY, tables }, flashSizeBytes: 0x400000 },
  );
}
const code = (name: string): Error => expect.objectContaining({ code: name }) as Error;

describe('chooseRegion', () => {
  it("takes the whole of the board's NVS partition when nothing is asked", () => {
    expect(choose({}, { table: STOCK })).toMatchObject({
      offsetBytes: 0x9000,
      sizeBytes: 0x6000,
      warnings: [],
    });
  });

  it('refuses the classic 64 KB image on a stock 24 KB partition and names both sides', () => {
    const act = (): unknown => choose({ offsetBytes: 0x9000, sizeBytes: 0x10000 }, { table: STOCK });
    expect(act).toThrow(code('IMAGE_DOES_NOT_FIT'));
    expect(act).toThrow(/0x10000 bytes at 0x9000 .*"nvs", which ends at 0xf000; use --size 0x6000/);
    expect(() => choose({ sizeBytes: 0x10000 }, { table: STOCK })).toThrow(code('IMAGE_DOES_NOT_FIT'));
  });

  it('refuses a region in another partition, or in none', () => {
    expect(() => choose({ offsetBytes: 0x10000 }, { table: STOCK })).toThrow(/partition "factory"/);
    expect(() => choose({ partition: 'factory' }, { table: STOCK })).toThrow(code('REGION_NOT_NVS'));
    expect(() => choose({ offsetBytes: 0x200000 }, { table: STOCK })).toThrow(/no partition/);
  });

  it('does what it is told with --force-offset, and warns', () => {
    const forced = choose({ offsetBytes: 0x9000, sizeBytes: 0x10000, force: true }, { table: STOCK });
    expect(forced).toMatchObject({ sizeBytes: 0x10000, warnings: [{ code: 'OFFSET_FORCED' }] });
    expect(choose({ offsetBytes: 0x200000, force: true }, { table: STOCK })).toMatchObject({
      sizeBytes: 0x10000,
    });
  });

  it('never writes outside the flash or off its sectors, forced or not', () => {
    expect(() => choose({ offsetBytes: 0x3f8000, force: true }, { table: STOCK })).toThrow(
      code('REGION_INVALID'),
    );
    expect(() => choose({ offsetBytes: 0x9100, sizeBytes: 0x3000, force: true })).toThrow(
      code('REGION_INVALID'),
    );
    expect(() => choose({ offsetBytes: 0x9000, sizeBytes: 0x2000 })).toThrow(code('REGION_INVALID'));
    expect(() => choose({ offsetBytes: 0x9000, sizeBytes: 0 })).toThrow(code('REGION_INVALID'));
  });

  it('warns when old pages of the partition stay behind a smaller image', () => {
    expect(choose({ sizeBytes: 0x3000 }, { table: STOCK }).warnings).toMatchObject([
      { code: 'PARTITION_NOT_FILLED' },
    ]);
  });

  it('goes to the usual place on a flash without a table, with a warning that says so', () => {
    expect(choose({})).toMatchObject({
      offsetBytes: 0x9000,
      sizeBytes: 0x10000,
      warnings: [{ code: 'NO_PARTITION_TABLE' }],
    });
    expect(choose({ offsetBytes: 0x20000, sizeBytes: 0x4000 })).toMatchObject({
      offsetBytes: 0x20000,
      sizeBytes: 0x4000,
    });
    expect(() => choose({ partition: 'nvs' })).toThrow(code('PARTITION_NOT_FOUND'));
  });

  it('takes the one named "nvs" of several, and asks when none has that name', () => {
    const two = table(partition('fctry', 0x9000, 0x4000), partition('nvs', 0x10000, 0x4000));
    expect(choose({}, { table: two }).offsetBytes).toBe(0x10000);
    expect(choose({ partition: 'fctry' }, { table: two }).offsetBytes).toBe(0x9000);
    const odd = table(partition('a', 0x9000, 0x4000), partition('b', 0x10000, 0x4000));
    expect(() => choose({}, { table: odd })).toThrow(code('PARTITION_AMBIGUOUS'));
  });

  it('names what is there when the wanted partition is not', () => {
    expect(() => choose({ partition: 'cfg' }, { table: STOCK })).toThrow(
      /no partition "cfg" \(it has: nvs, phy_init, factory\); choose --partition nvs, or flash/,
    );
    // Where no partition is of type NVS, none is offered: naming another one would be refused.
    expect(() => choose({}, { table: table(partition('app', 0x10000, 0x1000, 0, 0)) })).toThrow(
      /no NVS partition \(it has: app\); flash the firmware whose partition table has it first/,
    );
  });
});
