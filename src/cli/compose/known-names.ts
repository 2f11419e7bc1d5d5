// Names in filters: a batch or a station that the database does not know is a slip, not an empty answer.
import { invalidInput } from '../../core/errors/index.js';
import type { Production } from '../../registry/index.js';

export interface NamesInFilter {
  readonly batch?: string | undefined;
  readonly station?: string | undefined;
  /** The option that names the station. */
  readonly stationOption?: '--station' | '--name';
}

/** For an answer that is empty. @throws BATCH_UNKNOWN, INPUT_INVALID (a station) */
export async function requireKnownNames(
  { batches }: Pick<Production, 'batches'>,
  { batch, station, stationOption: field = '--station' }: NamesInFilter,
): Promise<void> {
  if (batch !== undefined) await batches.get(batch);
  if (station === undefined) return;
  const stations = await batches.stations();
  if (stations.some(({ station: name }) => name === station)) return;
  throw invalidInput(
    field,
    `is "${station.slice(0, 40)}", and no station of that name has worked with this database`,
    'look with "espmint station list"',
  );
}
