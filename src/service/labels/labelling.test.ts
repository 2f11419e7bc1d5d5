// An outage of a label printer stands in the log once when it begins, and once when it ends.
import { expect, it } from 'vitest';
import { scriptedLink } from '../../../test/support/scripted-link.js';
import { standardTemplate } from '../../core/labels/template.js';
import { EspmintError } from '../../core/errors/index.js';
import { createLog } from '../log.js';
import { StationLabels, type LabellingParts } from './labelling.js';

/** What a printer that can print answers to `~HS`. */
const READY = new TextEncoder().encode(
  '\u0002030,0,0,1245,000,0,0,0,000,0,0,0\u0003\r\n\u0002000,0,0,0,0,2,4,0,00000000,1,000\u0003\r\n\u00021234,0\u0003\r\n',
);

it('is told in pairs, for each printer', async () => {
  const lines: { message: string; code?: string; printer: string }[] = [];
  const log = createLog('warn', (line) => void lines.push(JSON.parse(line) as never));
  let isOut = true;
  const openPrinter = (address: string) =>
    isOut && address.endsWith('1')
      ? Promise.reject(
          new EspmintError('PORT_UNREACHABLE', { port: address, reason: 'nothing listens there' }),
        )
      : Promise.resolve(scriptedLink((bytes) => (new TextDecoder().decode(bytes) === '~HS' ? [READY] : [])));
  const labels = new StationLabels({ parts: { openPrinter, log } } as unknown as LabellingParts);
  const template = standardTemplate({ mac: '02:00:00:00:00:01', uuid: 'u' });
  const print = (address: string): Promise<void> => labels.test({ name: 'p', address, template });
  const [one, two] = ['tcp://printer:1', 'tcp://printer:2'];
  await expect(print(one)).rejects.toMatchObject({ code: 'PRINTER_FAILED' });
  await expect(print(one)).rejects.toMatchObject({ code: 'PRINTER_FAILED' });
  await print(two);
  isOut = false;
  await print(one);
  await print(one);
  expect(lines.map(({ printer, code }) => [printer, code])).toEqual([
    [one, 'PRINTER_FAILED'],
    [one, undefined],
  ]);
  expect(lines.map(({ message }) => message).join('\n')).toMatch(
    /nothing listens there.*\nthe label printer prints again$/s,
  );
});
