// What a station decides by itself while the registry is out of reach: by its journal and its copy of the admission lists.
import { conflictError } from '../conflicts/detect.js';
import { refusalBy } from '../conflicts/from-history.js';
import type { RegistryCopy } from '../admission/registry-copy.js';
import type { KeyFileRecord } from './key-file.js';
import { KeyHistory } from './key-history.js';
import type { DeviceRecord, Reservation, ReserveRequest, ScreenRequest } from '../registry.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import type { Journal } from './journal.js';
import { keyOwner } from './records.js';

export class OfflineDecisions {
  readonly #journal: Journal;
  readonly #copy: RegistryCopy;
  readonly #box: SecretBox;

  constructor(journal: Journal, copy: RegistryCopy, box: SecretBox) {
    this.#journal = journal;
    this.#copy = copy;
    this.#box = box;
  }

  /** Chooses the key; the caller journals it. @throws as Registry.reserve */
  async reserve(request: ReserveRequest): Promise<Reservation> {
    await this.#copy.check(request, request.policy);
    const history = await this.#history();
    await this.#stopConflict(history, request);
    return history.reserve(request);
  }

  /** @throws as Registry.screen */
  async screen(board: ScreenRequest): Promise<void> {
    await this.#copy.check(board, 'keep');
    await this.#stopConflict(await this.#history(), board);
  }

  /** The device of a reservation that the journal holds. @throws RESERVATION_UNKNOWN */
  async deviceOf(reservationId: string): Promise<DeviceRecord> {
    return (await this.#history()).ofReservation(reservationId).record;
  }

  /** The refusal is on the disk before the board is stopped; the registry hears of it when it is back. */
  async #stopConflict(history: KeyHistory, board: ScreenRequest): Promise<void> {
    const refusal = refusalBy(history, board);
    if (refusal === undefined) return;
    await this.#journal.append(refusal);
    throw conflictError(refusal.conflict);
  }

  /** Devices as far as the journal knows them. */
  async #history(): Promise<KeyHistory> {
    const records: KeyFileRecord[] = [];
    for (const { reserved, image, end } of await this.#journal.attempts()) {
      records.push({ ...reserved, psk: this.#box.open(reserved.psk, keyOwner(reserved)) });
      if (image !== undefined) records.push({ type: 'built', id: reserved.id, ...image });
      if (end !== undefined) records.push(end);
    }
    return new KeyHistory(records);
  }
}
