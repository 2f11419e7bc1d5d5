// Versions of firmware and chips against what a profile demands of them: `2.1`, `>=2.1`, `>=2.1 <3`.

const OPERATORS = {
  '>=': (order: number): boolean => order >= 0,
  '<=': (order: number): boolean => order <= 0,
  '>': (order: number): boolean => order > 0,
  '<': (order: number): boolean => order < 0,
  '=': (order: number): boolean => order === 0,
} as const;
const TERM = /^(>=|<=|>|<|=)?\s*v?(\d+(?:\.\d+)*)$/;

interface Term {
  readonly holds: (order: number) => boolean;
  readonly numbers: readonly number[];
}

/** Undefined for what is no range. A plain version is the same as `=`: `2.1` is also met by 2.1.0. */
export function parseVersionRange(text: string): ((version: string) => boolean) | undefined {
  const words = text
    .replaceAll(/(>=|<=|>|<|=)\s+/g, '$1')
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  const terms: Term[] = [];
  for (const word of words) {
    const [, operator = '=', version] = TERM.exec(word) ?? [];
    if (version === undefined) return undefined;
    terms.push({ holds: OPERATORS[operator as keyof typeof OPERATORS], numbers: numbersOf(version) });
  }
  if (terms.length === 0) return undefined;
  return (version) => {
    const [found] = /\d+(?:\.\d+)*/.exec(version) ?? [];
    return (
      found !== undefined && terms.every(({ holds, numbers }) => holds(compare(numbersOf(found), numbers)))
    );
  };
}

const numbersOf = (version: string): number[] => version.split('.').map(Number);

function compare(one: readonly number[], other: readonly number[]): number {
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const order = (one[at] ?? 0) - (other[at] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

/** `4MB`, `512KB`, in bytes; undefined for what is no size. */
export function parseMemorySize(text: string): number | undefined {
  const [, count, unit] = /^(\d+)\s*(KB|MB)$/i.exec(text.trim()) ?? [];
  return count === undefined ? undefined : Number(count) * (unit?.toUpperCase() === 'MB' ? 2 ** 20 : 2 ** 10);
}
