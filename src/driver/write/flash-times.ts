// How long flash takes, typically: what the driver's estimates are made of. W25Q32JV-class, "AC electrical
// characteristics" of its data sheet; deadlines use the worst cases instead.

/** A 4 KB sector. */
export const ERASE_SECTOR_MS = 45;
/** Up to 256 bytes. */
export const PROGRAM_PAGE_MS = 0.4;
export const PAGE_BYTES = 0x100;
