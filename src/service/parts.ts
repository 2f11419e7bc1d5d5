// What the service is given: the real parts in the product, virtual ones in a demo, failing ones in a test.
import type { Link, PortInfo } from '../driver/index.js';
import type { ProvisionParts } from '../provision/index.js';
import type { Administration, FirmwareStore, Production, Pushes, Values } from '../registry/index.js';
import type { VirtualBoard, VirtualFirmware } from './contract/index.js';
import type { ServiceLog } from './log.js';

export interface ServiceParts extends ProvisionParts {
  /** Serial ports of this machine. */
  readonly listPorts: () => Promise<PortInfo[]>;
  /** Absent: a service without virtual boards. */
  readonly virtualBoards?: VirtualBoards | undefined;
  /** Resolves when the PostgreSQL of that URL can be used as a registry; changes nothing there. */
  readonly probeRegistry: (databaseUrl: string, signal: AbortSignal) => Promise<void>;
  /** What stations share; absent: a service without a database. Its calls may fail while the database is away. */
  readonly production?: Pick<Production, 'batches' | 'runs'> | undefined;
  /** Absent: a service without a database. Its calls may fail while the database is away. */
  readonly administration?: Omit<Administration, 'close'> | undefined;
  /** Firmware bundles; absent: a service without a database. */
  readonly firmware?: Pick<FirmwareStore, 'add' | 'list' | 'show' | 'remove' | 'get'> | undefined;
  /** Values of its own for each board; absent: a service without a database. */
  readonly values?: Omit<Values, 'close'> | undefined;
  /** Absent: a service without a database. May fail while the database is away. */
  readonly pushes?: (() => Promise<PushAdmin>) | undefined;
  /** No board runs any more, and the service ends: nobody waits long for a database that does not answer. */
  readonly boardsEnded?: (() => void) | undefined;
  /** A link to a running board, at the rate of its console. */
  readonly openBoard: (port: string, signal: AbortSignal | undefined) => Promise<Link>;
  /** A connection to a label printer. */
  readonly openPrinter: (address: string) => Promise<Link>;
  /** Environment that profiles may take secrets from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: ServiceLog;
}

/** What may be seen and done of pushes over HTTP: everything but delivering. */
export type PushAdmin = Omit<Pushes, 'show' | 'deliverDue' | 'deliverUntil' | 'close'>;

/** Boards made of software, which the service may add and pull at will. */
export interface VirtualBoards {
  list(): readonly VirtualBoard[];
  /** @throws INPUT_INVALID for a chip or a fault that there is not. */
  add(request: {
    readonly count: number;
    readonly chip?: string | undefined;
    readonly fault?: string | undefined;
    readonly firmware?: VirtualFirmware | undefined;
  }): Promise<readonly VirtualBoard[]> | readonly VirtualBoard[];
  /** Without ports: all of them. */
  remove(ports?: readonly string[]): void;
  /** The button of the access point beside it; false: it does not wait for that. @throws PORT_UNKNOWN */
  pressWps(port: string): boolean;
  /** @throws PORT_UNKNOWN */
  plug(port: string, plugged: boolean, fresh: boolean): VirtualBoard;
}
