// As much of a terminal as our screens use: lines, going up, and clearing to the end. What a person would see.
export class Terminal {
  #lines: string[] = [''];
  #row = 0;
  /** The beginning of a code whose rest comes with the next piece. */
  #begun = '';

  write(text: string): void {
    const all = this.#begun + text;
    this.#begun = /\u001b(?:\[[\d;]*)?$/.exec(all)?.[0] ?? '';
    const whole = all.slice(0, all.length - this.#begun.length);
    for (const piece of whole.split(/(\u001b\[\d*[AJ]|[\r\n])/)) {
      const [, count, code] = /^\u001b\[(\d*)([AJ])$/.exec(piece) ?? [];
      if (code === 'A') this.#row = Math.max(0, this.#row - Number(count));
      else if (code === 'J') this.#lines = [...this.#lines.slice(0, this.#row), ''];
      else if (piece === '\n') this.#lines[++this.#row] ??= '';
      else if (piece !== '\r') this.#lines[this.#row] += piece;
    }
  }

  /** Lines that are not empty, without colours and indentation. */
  get lines(): readonly string[] {
    return this.#lines.map((line) => line.replaceAll(/\u001b\[[0-9;]*m/g, '').trim()).filter(Boolean);
  }
}
