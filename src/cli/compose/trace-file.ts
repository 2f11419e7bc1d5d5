// The file of `--trace`: what goes over the ports of one run, for a report of a fault. Private, and never in another's place.
import { constants } from 'node:fs';
import { rm } from 'node:fs/promises';
import {
  openLink,
  PortTrace,
  TracedLink,
  type DriverEvent,
  type Link,
  type OpenOptions,
} from '../../driver/index.js';
import { openPrivateForAppend } from '../../files/index.js';
import { VERSION } from '../version.js';
import { LineWriter } from './line-writer.js';

export interface Trace {
  /** The same link, recorded. */
  wrap(link: Link): Link;
  /** Tells what the driver says of the link that was wrapped last for this port. */
  event(port: string, event: DriverEvent): void;
  /** Ends it; what cannot be written any more is reported and harms nothing. */
  close(): Promise<void>;
}

const HEAD = [
  `# espmint trace 1, espmint ${VERSION}`,
  '# milliseconds, port, > to the board or < from it, what | bytes; - and * are what this computer did and saw',
  '# [n bytes digest] stands for data of the flash and texts to a firmware, which may be secret: the first 8 bytes of its SHA-256',
];

/** @throws FILE_UNWRITABLE also where the file is there already */
export async function openTrace(path: string, warn: (text: string) => void): Promise<Trace> {
  const file = await openPrivateForAppend(path, constants.O_EXCL);
  const writer = new LineWriter(file, {
    onFailure: (reason) => warn(`The trace ${path} ends here: ${reason}\n`),
    onDropped: (lines) => warn(`The trace ${path} lacks ${lines} lines: its disk was too slow\n`),
  });
  writer.add([...HEAD, `# ${new Date().toISOString()}`].join('\n'));
  const startedMs = performance.now();
  const ports = new Map<string, PortTrace>();
  const portOf = (address: string): PortTrace => {
    const known = ports.get(address);
    if (known !== undefined) return known;
    const made = new PortTrace(`p${ports.size + 1}`, startedMs, (line) => writer.add(line));
    ports.set(address, made);
    return made;
  };
  return {
    wrap: (link) => new TracedLink(link, portOf(link.address)),
    event: (port, event) => ports.get(port)?.event(event),
    close: async () => {
      for (const port of ports.values()) port.flush();
      await writer.close();
      // Of a command that was refused before it opened a port: its next try may have the same name.
      if (ports.size === 0) await rm(path, { force: true }).catch(() => undefined);
    },
  };
}

/** Opens a port, recorded where `--trace` asks for it. */
export async function openTraced(
  { trace }: { readonly trace?: Trace | undefined },
  port: string,
  options: OpenOptions,
): Promise<Link> {
  const link = await openLink(port, options);
  return trace?.wrap(link) ?? link;
}
