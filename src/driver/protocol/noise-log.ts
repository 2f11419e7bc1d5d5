// Keeps the last text that a chip printed between frames: the boot message that explains why it does not answer.

const KEEP_BYTES = 2_048;
/** "boot:0x13 (SPI_FAST_FLASH_BOOT)": the strapping that the ROM saw, and what it made of it. */
const BOOT_MODE = /boot:(0x[0-9a-f]+) ?\(([A-Z0-9_]+)/i;

export class NoiseLog {
  #text = '';

  add(bytes: Uint8Array): void {
    const printable = Array.from(bytes, (byte) =>
      byte === 0x0a || (byte >= 0x20 && byte < 0x7f) ? String.fromCharCode(byte) : '',
    ).join('');
    this.#text += printable;
    // Not with each of many small pieces: a flood of them would cost as much again as it is long.
    if (this.#text.length > 2 * KEEP_BYTES) this.#text = this.text;
  }

  get text(): string {
    return this.#text.slice(-KEEP_BYTES);
  }

  /** What the ROM said of its boot mode, `0x13 SPI_FAST_FLASH_BOOT`; undefined when it said nothing. */
  get bootMode(): string | undefined {
    const last = [...this.text.matchAll(new RegExp(BOOT_MODE, 'gi'))].at(-1);
    return last === undefined ? undefined : `${last[1] ?? ''} ${last[2] ?? ''}`;
  }

  clear(): void {
    this.#text = '';
  }
}
