// Boards that this station has made lately, so that one that comes again out of reach stays the unit that it is.
import type { ClaimRequest, UnitImage } from '../batches.js';
import type { PlaceUse } from './places.js';

/** Far above what lies on a bench; older ones are forgotten, so that memory stays flat. */
const REMEMBERED = 1000;

export interface RecentUnit {
  readonly identity: Omit<PlaceUse, 'mac' | 'station'>;
  readonly image: UnitImage;
}

type Named = Pick<ClaimRequest, 'batch' | 'mac'>;

export class RecentUnits {
  readonly #units = new Map<string, RecentUnit>();

  note(named: Named, identity: RecentUnit['identity'], image: UnitImage): void {
    const key = keyOf(named);
    this.#units.delete(key);
    this.#units.set(key, { identity, image });
    const [oldest] = this.#units.keys();
    if (this.#units.size > REMEMBERED && oldest !== undefined) this.#units.delete(oldest);
  }

  find(named: Named): RecentUnit | undefined {
    return this.#units.get(keyOf(named));
  }
}

function keyOf({ batch, mac }: Named): string {
  return JSON.stringify([batch, mac]);
}
