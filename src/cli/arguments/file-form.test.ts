// The ending of a file decides its form, or the file is refused: a PDF is never called .jpg.
import { describe, expect, it } from 'vitest';
import { checkEnding, formOfFile } from './file-form.js';

const ask = (path: string, given?: 'pdf' | 'zpl'): string =>
  formOfFile({ field: '--out', path, forms: ['pdf', 'zpl'], given, option: '--format' });

describe('the form of a file', () => {
  it.each([
    ['labels.pdf', undefined, 'pdf'],
    ['LABELS.PDF', undefined, 'pdf'],
    ['a.b/labels.zpl', 'zpl', 'zpl'],
    ['/dev/stdout', 'pdf', 'pdf'],
    ['.zpl', 'zpl', 'zpl'],
  ] as const)('%s with --format %s is %s', (path, given, form) => {
    expect(ask(path, given)).toBe(form);
  });

  it.each([
    [
      'labels.jpg',
      undefined,
      /does not say by its ending.*\.pdf, \.zpl, or leave the ending out and say it with --format/,
    ],
    ['labels.jpg', 'pdf', /ends like another form than --format pdf; end it with \.pdf/],
    ['labels.zpl', 'pdf', /another form/],
    ['labels', undefined, /does not say/],
    ['labels.pdf.gz', undefined, /does not say/],
  ] as const)('%s with --format %s is refused', (path, given, says) => {
    expect(() => ask(path, given)).toThrow(says);
  });
});

describe('the name of a file of the only form that there is', () => {
  const check = (path: string): void => checkEnding({ field: 'FILE', path, forms: ['backup', 'gz'] });

  it('may have no ending, as a device or a pipe', () => {
    for (const path of ['a.backup', 'a.jsonl.gz', '/dev/stdout', 'a.b/pipe'])
      expect(() => check(path)).not.toThrow();
  });

  it('is refused with the ending of another form', () => {
    for (const path of ['a.zip', 'a.json', 'backup.sql'])
      expect(() => check(path)).toThrow(/end it with \.backup, \.gz/);
  });
});
