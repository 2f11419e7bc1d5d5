// What a code of the tables says before anything has happened: its sentence, with the details named instead of filled in.

/** A detail that is shown by its name, whether the sentence takes it for text, a number or a list. */
class StandIn {
  readonly #name: string;

  constructor(name: string) {
    this.#name = `‹${name}›`;
  }
  toString(): string {
    return this.#name;
  }
  join(): string {
    return this.#name;
  }
  map(): this {
    return this;
  }
  slice(): this {
    return this;
  }
  includes(): boolean {
    return false;
  }
}

export interface CodeRow {
  readonly problem: (details: never) => string;
  readonly next: (details: never) => string;
}

/** The functions only put details into text, so a stand-in that names each detail shows the sentence's form. */
export function formOf({ problem, next }: CodeRow): { readonly problem: string; readonly next: string } {
  const names = new Proxy({}, { get: (_, name) => new StandIn(String(name)) }) as never;
  // A sentence may be the stand-in itself, which is no string yet.
  const form = (part: (details: never) => string): string => String(part(names)).replaceAll('NaN', '‹n›');
  return { problem: form(problem), next: form(next) };
}
