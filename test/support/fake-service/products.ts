// Answers of the fake service about what products flash: firmware bundles, and lists of values.
import { createHash } from 'node:crypto';
import { Refusal, type Handlers } from './refusal.js';
import type { FakeWorld } from './world.js';

export function products(world: FakeWorld): Handlers {
  return {
    listFirmware: () => ({ bundles: [...world.bundles] }),
    addFirmware: ({ body: { files, name, version } }, caller) => {
      const listing = files.find(({ path }) => path.endsWith('flasher_args.json'));
      if (listing === undefined && files.length > 1)
        throw new Refusal(
          400,
          'FIRMWARE_INVALID',
          'The firmware file of 2 files is without flasher_args.json.',
        );
      const bundle = {
        name: name ?? 'sensor',
        version: version ?? '2.2.0',
        digest: createHash('sha256').update(JSON.stringify(files)).digest('hex'),
        chips: ['esp32'],
        sizeBytes: files.reduce((sum, { content }) => sum + content.length, 0),
        parts: files.map(({ path }, index) => ({
          chip: null,
          name: path,
          offsetBytes: index * 0x1000,
          sizeBytes: 0x1000,
        })),
        addedAt: new Date().toISOString(),
        addedBy: caller.user?.name ?? 'local',
      };
      world.bundles.unshift(bundle);
      world.emit({ type: 'changed', part: 'firmware' });
      return bundle;
    },
    removeFirmware: ({ params: { bundle } }) => {
      const index = world.bundles.findIndex(({ name, version }) => `${name}@${version}` === bundle);
      if (index === -1)
        throw new Refusal(404, 'FIRMWARE_UNKNOWN', `The registry has no firmware "${bundle}".`);
      world.bundles.splice(index, 1);
      world.emit({ type: 'changed', part: 'firmware' });
      return { ok: true };
    },
    listValues: () => ({
      lists: world.valueLists.map((list) => ({
        ...list,
        counts: {
          reserved: world.valueRows.filter(({ state }) => state === 'reserved').length,
          free: world.valueRows.filter(({ state }) => state === 'free').length,
          used: world.valueRows.filter(({ state }) => state === 'used').length,
          shared: world.valueRows.filter(({ state }) => state === 'shared').length,
          returned: world.valueRows.filter(({ state }) => state === 'returned').length,
          scrapped: world.valueRows.filter(({ state }) => state === 'scrapped').length,
        },
      })),
    }),
    listValueRows: ({ query: { state, limit } }) => ({
      rows: world.valueRows.filter((row) => state === undefined || row.state === state).slice(0, limit),
    }),
    importValues: async ({ body: { pieces } }) => {
      let rows = '';
      for await (const piece of pieces) rows += Buffer.from(piece).toString();
      const lines = rows.trim().split('\n').slice(1);
      for (const line of lines)
        world.valueRows.push({ number: world.valueRows.length + 1, state: 'free', values: { sku: line } });
      world.emit({ type: 'changed', part: 'values' });
      return { list: 'lamps', rows: lines.length };
    },
    endValueRow: ({ params: { row }, body: { state, reason } }) => {
      const index = world.valueRows.findIndex(({ number }) => number === Number(row));
      const before = world.valueRows[index];
      if (before === undefined) throw new Refusal(400, 'INPUT_INVALID', `Row ${row} is not there.`);
      world.valueRows[index] = { ...before, state, reason };
      world.emit({ type: 'changed', part: 'values' });
      return { ok: true };
    },
  };
}
