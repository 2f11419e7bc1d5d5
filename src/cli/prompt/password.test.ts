import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { silentIo } from '../../../test/support/cli-io.js';
import { readPassword } from './password.js';

const piped = (...pieces: readonly (string | Uint8Array)[]): Promise<string> =>
  readPassword(silentIo({ stdin: Readable.from(pieces) }), undefined);

it('is the first line that is piped in, as it stands', async () => {
  expect(await piped('a long \tpass', 'wörd\nmore\n')).toBe('a long \tpasswörd');
});

it.each([
  ['no text', Uint8Array.of(0x61, 0xff, 0x0a), /no UTF-8/],
  ['a zero byte', 'pass\0word\n', /zero byte/],
  ['nothing', '', /did not come/],
])('is refused where it is %s', async (_, input, reason) => {
  await expect(piped(input)).rejects.toThrow(reason);
});

it('is refused where its line has no end, before all of it has come', async () => {
  let sent = 0;
  const stdin: Readable = new Readable({
    read() {
      sent += 10_000;
      stdin.push('x'.repeat(10_000));
    },
  });
  await expect(readPassword(silentIo({ stdin }), undefined)).rejects.toThrow('has no end');
  expect(sent).toBeLessThan(1_000_000);
});
