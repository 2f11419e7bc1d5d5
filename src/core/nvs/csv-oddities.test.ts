// What people's CSV files hold and nobody means: the generator's bytes, with a warning that --strict refuses.
import { describe, expect, it } from 'vitest';
import { generateNvs } from './index.js';

const HEADER = 'key,type,encoding,value\n';
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function generate(body: string, strict = false): ReturnType<typeof generateNvs> {
  return generateNvs([{ file: 'in.csv', bytes: bytesOf(HEADER + body) }], 0x3000, { strict });
}
/** `code line:column` of each warning. */
function warningsOf(body: string): string[] {
  return generate(body).warnings.map(({ code, line, column }) => `${code} ${line}:${column}`);
}

/** Cases with their warning, beside what sound rows give. */
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ['a comma in a value without quotes', 'tz,data,string,CET-1CEST,M3.5.0,M10.5.0/3', ['surplus-cells 3:26']],
  ['a quote that nobody closes', 'p,data,string,"unterminated\nb,data,u8,1\n', ['open-quote 3:15']],
  ['a # line in quotes', 's,data,string,"one\n# two\nthree"', ['lost-line 3:15']],
  ['a quote in a bare value', 's,data,string,say "hi"', ['stray-quote 3:15']],
  ['text behind a closing quote', 's,data,string,"ab"cd', ['stray-quote 3:15']],
  ['a blank before a quote', 's,data,string, "ab"', ['stray-quote 3:15', 'outer-blank 3:15']],
  ['a zero byte', 's,data,string,a\0b', ['nul-character 3:15']],
  ['a zero byte in quotes', 's,data,string,"a\0b"', ['nul-character 3:15']],
  ['a blank at the end of a name', 's ,data,string,x', ['outer-blank 3:1']],
  ['a value of a namespace', 'm,namespace,string,x', ['namespace-value 3:13']],
  ['a number with an underscore', 'n,data,u8,1_0', ['odd-integer 3:11']],
];

describe('a CSV file with', () => {
  it.each(CASES)('%s is told of, with its place', (_name, row, warnings) => {
    expect(warningsOf(`n,namespace,,\n${row}`)).toEqual(warnings);
  });

  it.each(CASES)('%s is refused by strict', (_name, row) => {
    expect(() => generate(`n,namespace,,\n${row}`, true)).toThrow(
      expect.objectContaining({ code: 'NVS_CSV_DOUBTFUL' }),
    );
  });

  it('quotes, line ends and blanks as they should be is taken without a word', () => {
    const rows = [
      'a,data,string,"one, two"',
      'b,data,string,"say ""hi"""',
      'c,data,string,"two\nlines"',
      'd,data,string," meant so "',
      'e,data,u8, 7 ',
      'f,data,i8,+7',
      'm,namespace',
    ];
    expect(warningsOf(`n,namespace,,\n${rows.join('\n')}\n`)).toEqual([]);
    expect(() => generate(`n,namespace,,\n${rows.join('\n')}\n`, true)).not.toThrow();
  });

  it('two columns of one name is told of', () => {
    const text = 'key,type,encoding,value,value\nn,namespace,,,\na,data,u8,1,2\n';
    const { warnings } = generateNvs([{ file: 'in.csv', bytes: bytesOf(text) }], 0x3000, {});
    expect(warnings).toMatchObject([{ code: 'repeated-column', line: 1, column: 25 }]);
  });

  it('no secret of it in a warning', () => {
    const { warnings } = generate('n,namespace,,\nwifi_password,data,string,hunter2 "x",hunter3\n');
    expect(warnings).toHaveLength(2);
    expect(JSON.stringify(warnings)).not.toContain('hunter');
  });
});
