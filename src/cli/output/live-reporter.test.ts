// Boards of `espmint provision` on terminals of every width: a line that went on in the next one would be drawn twice.
import { expect, it } from 'vitest';
import { silentIo } from '../../../test/support/cli-io.js';
import { Terminal } from '../../../test/support/terminal.js';
import { LiveReporter } from './live-reporter.js';
import { shownWidth } from './printable.js';

const PORTS = ['/dev/serial/by-id/usb-Silicon_Labs_CP2102N_生产线_0001-if00-port0', 'COM7'];

it.each([200, 80, 60, 40, 20])(
  'no line is wider than %i columns, and the end of each port is there',
  (columns) => {
    const terminal = new Terminal();
    const io = silentIo({ stderr: (text) => terminal.write(text), interactive: true, columns });
    const reporter = new LiveReporter(io, PORTS);
    for (const port of PORTS) {
      reporter.event({ type: 'attempt', port, attempt: 2, of: 3 });
      reporter.event({ type: 'stage', port, stage: 'connect', state: 'started' });
    }
    expect(terminal.lines).toHaveLength(2);
    for (const line of terminal.lines) expect(shownWidth(line)).toBeLessThan(columns);
    expect(terminal.lines[0]).toContain('port0');
    if (columns >= 40) expect(terminal.lines[0]).toContain('connect');
    reporter.finish([]);
  },
);
