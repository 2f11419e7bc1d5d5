// What a unit still needs when its board is good, before its batch counts it: its label.
import type { Admission, Admit } from '../provision/admission.js';
import type { ClaimedRow } from '../registry/index.js';

/** A good board. */
export interface FinishedUnit {
  readonly mac: string;
  readonly uuid: string;
  readonly chip: string;
  readonly serial?: string | undefined;
  /** Its row of a list of values, where it was given out of reach of the database. */
  readonly row?: ClaimedRow | undefined;
}

export type Finish = (unit: FinishedUnit) => Promise<void>;

/** An admission behind which each unit is finished before its batch counts it. One that was finished before is not again. */
export function withFinish(admit: Admit | undefined, finish: Finish): Admit {
  return async (device) => {
    const inner = await admit?.(device);
    const { serial, row, earlier } = inner ?? {};
    const admission: Admission = {
      ...inner,
      passed: async (unit) => {
        const isFinished = earlier !== undefined && earlier.md5 === unit.image.md5;
        const { mac } = device;
        if (!isFinished) await finish({ mac, uuid: unit.uuid, chip: unit.chip, serial, row });
        await inner?.passed(unit);
      },
      failed: async (failure) => inner?.failed(failure),
    };
    return admission;
  };
}
