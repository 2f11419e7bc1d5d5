// What the fields of devices, conflicts and the audit trail are called on a page; of most of them other parts speak too.
import { maybe, type Key } from './translate.js';

const SHARED: Readonly<Record<string, Key>> = {
  address: 'settings.address',
  batch: 'station.batch',
  before: 'fact.before',
  chip: 'fact.chip',
  columns: 'devices.columns',
  image: 'fact.image',
  key: 'reveal.key',
  location: 'batch.location',
  lot: 'batch.lot',
  name: 'people.name',
  port: 'fact.port',
  profile: 'station.product',
  row: 'values.row',
  serial: 'batch.serial',
  slot: 'today.slot',
  state: 'values.state',
  station: 'nav.station',
  version: 'bundle.asVersion',
};

/** One without words of its own is named as the registry has it. */
export const fieldName = (name: string): string =>
  maybe(SHARED[name] ?? `column.${name}`) ?? maybe(`audit.name.${name}`) ?? name;
