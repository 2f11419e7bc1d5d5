// As much of a terminal as our screens use: lines, going up, and clearing to the end. What a person would see.
export class Terminal {
  #lines: string[] = [''];
  #row = 0;

  write(text: string): void {
    for (const piece of text.split(/(\u001b\[\d*[AJ]|[\r\n])/)) {
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
