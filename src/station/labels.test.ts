// A key that a label shows is revealed in the name of who prints it.
import { expect, it } from 'vitest';
import type { Asker } from '../registry/index.js';
import { parseLabelTemplate } from '../core/labels/template-file.js';
import { finishWithLabel, labelValuesOf } from './labels.js';

const UNIT = { mac: 'a4:cf:12:00:00:01', uuid: '110e3dc9-fa05-568f-a05a-000000000001', chip: 'esp32' };

/** Who a station's reveals are recorded for when its label is this one. */
async function revealedBy(label: string, actor: string | undefined): Promise<(string | undefined)[]> {
  const actors: (string | undefined)[] = [];
  const labelling = {
    template: parseLabelTemplate(label, 'label.yaml'),
    registry: {
      reveal: (_mac: string, _reason: string, by?: Asker) => {
        actors.push(by?.actor);
        return Promise.resolve('00'.repeat(16));
      },
    },
    batch: undefined,
    actor,
  };
  await finishWithLabel(labelling, { onScan: () => undefined })(UNIT);
  return actors;
}

const OPEN = "widthMm: 50\nheightMm: 25\nqr: '{{mac}}'\nlines: ['{{mac}}']\n";
const SECRET = "widthMm: 50\nheightMm: 25\nsecret: true\nqr: '{{psk}}'\nlines: ['{{mac}}']\n";

it('is recorded for the operator that is named', async () => {
  expect(await revealedBy(SECRET, 'lan')).toEqual(['lan']);
  expect(await revealedBy(SECRET, undefined)).toEqual([undefined]);
});

it('is not revealed for a label that does not show it', async () => {
  expect(await revealedBy(OPEN, 'lan')).toEqual([]);
});

it('says of a device and its unit what the station said when it made it', () => {
  const history = {
    ...{
      id: 1,
      mac: UNIT.mac,
      uuid: UNIT.uuid,
      status: 'provisioned',
      hardwareRevision: 'C',
      keys: [],
      attempts: [],
    },
    units: [
      { batch: 'WO-8', lot: 'L-5', serial: 'ZC-0001', chip: 'esp32', passed: true, claimedAt: '' },
      { batch: 'WO-7', serial: 'ZC-0000', passed: false, claimedAt: '' },
    ],
  };
  expect(labelValuesOf(history)).toEqual({
    ...UNIT,
    ...{ batch: 'WO-8', lot: 'L-5', serial: 'ZC-0001', hardwareRevision: 'C', firmwareVersion: undefined },
  });
});
