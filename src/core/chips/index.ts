// The names that other layers use of the chip table.
export { describeChip, readChipRevision } from './describe.js';
export {
  findChip,
  findChipById,
  findChipByMagic,
  getChip,
  readField,
  writeField,
  type ReadRegister,
} from './lookup.js';
export { CHIPS, MAGIC_ADDRESS } from './table.js';
export * from './types.js';
