// The admission of a batch: claims a place for each board, and settles it. Knows which claims are alive.
import { parsePsk } from '../core/psk.js';
import type { Batches, ProfileVersion } from '../registry/index.js';
import type { Admission, Admit } from '../provision/admission.js';

export interface BatchAdmissionOptions {
  readonly batches: Batches;
  readonly batch: string;
  readonly station: string;
  readonly profile: ProfileVersion;
}

export class BatchAdmission {
  readonly #options: BatchAdmissionOptions;
  readonly #live = new Set<string>();

  constructor(options: BatchAdmissionOptions) {
    this.#options = options;
  }

  /** Claims whose boards are being worked on: a heartbeat renews their leases. */
  get liveClaims(): readonly string[] {
    return [...this.#live];
  }

  readonly admit: Admit = async ({ mac }): Promise<Admission> => {
    const { batches, batch, station, profile } = this.#options;
    const claim = await batches.claim({ batch, mac, station, profile });
    this.#live.add(claim.id);
    // Whatever is not settled now expires with its lease.
    const settle = async (work: Promise<void>): Promise<void> => {
      try {
        await work;
      } finally {
        this.#live.delete(claim.id);
      }
    };
    return {
      uuid: claim.uuid,
      psk: claim.psk === undefined ? undefined : parsePsk(claim.psk),
      batch,
      serial: claim.serial,
      row: claim.row,
      freeRows: batches.giveBack === undefined ? undefined : () => batches.giveBack?.() ?? Promise.resolve(),
      earlier: claim.earlier,
      passed: (unit) => settle(batches.passed(claim.id, unit)),
      failed: () => settle(batches.failed(claim.id)),
    };
  };
}
