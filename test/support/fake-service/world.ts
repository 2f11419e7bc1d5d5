// What the fake service knows: ports, jobs, devices, profiles, people, and the live events of every change.
import { randomUUID } from 'node:crypto';
import type { Stage } from '../../../src/core/stages.js';
import type {
  AuditEntry,
  BatchInfo,
  BundleInfo,
  ConflictInfo,
  DeadPush,
  DeviceHistory,
  ReservedUnitsInfo,
  Job,
  ListEntryInfo,
  LiveEvent,
  PortState,
  Printer,
  RegistryStatus,
  PushTargetInfo,
  PushTargetStatus,
  SavedProfile,
  Settings,
  StationState,
  Today,
  Token,
  UnitInfo,
  User,
  ValueListInfo,
  ValueRowInfo,
} from '../../../src/service/contract/index.js';
import { slotState } from '../../../src/service/ports/slot-state.js';

/** A person of the fake service; passwords in the clear, for it is a fake. */
export interface FakeUser extends User {
  readonly password: string;
}

/** A port without what follows from the rest of it. */
export type FakePort = Omit<PortState, 'state'>;

export interface SentEvent {
  readonly id: number;
  readonly event: LiveEvent;
}

export class FakeWorld {
  instance: string = randomUUID();
  readonly ports = new Map<string, PortState>();
  readonly jobs: Job[] = [];
  readonly devices: DeviceHistory[] = [];
  readonly keys = new Map<string, string>();
  readonly profiles: SavedProfile[] = [];
  readonly users: FakeUser[] = [];
  readonly tokens: Token[] = [];
  /** Names only: nothing reads them back. */
  readonly secrets = new Set<string>();
  readonly reveals: { readonly device: string; readonly reason: string }[] = [];
  settings: Settings = {
    stationName: 'Line 1',
    autoStart: false,
    maxRunning: 64,
    retries: 1,
    stopAfter: { onSlot: 3, onStation: 6 },
  };
  readonly batches: BatchInfo[] = [];
  readonly units: UnitInfo[] = [];
  readonly printers: Printer[] = [];
  /** Codes that were scanned for the next boards; undefined: the product looks up nothing by codes. */
  nextCodes: string[] | undefined;
  /** What keeps printers from printing. */
  printerTrouble: string | undefined;
  /** Of the whole station; its batch is the one of the settings. */
  station: Pick<StationState, 'mode' | 'reason' | 'teaching' | 'batchProblem'> = { mode: 'running' };
  registryOk = true;
  /** What is wrong with it, and with what this computer keeps for it. */
  registryTrouble: {
    readonly failure?: { readonly code: string; readonly params: Record<string, string | number> };
    readonly spool?: RegistryStatus['spool'];
  } = {};
  readonly lists: ListEntryInfo[] = [];
  /** Newest first. */
  readonly bundles: BundleInfo[] = [];
  readonly valueLists: Omit<ValueListInfo, 'counts'>[] = [];
  /** Of all lists. */
  readonly valueRows: ValueRowInfo[] = [];
  /** Newest first. */
  readonly audit: AuditEntry[] = [];
  readonly conflicts: ConflictInfo[] = [];
  readonly pushTargets: (PushTargetInfo & PushTargetStatus)[] = [];
  readonly deadPushes: DeadPush[] = [];
  /** What was given as secret for them. */
  readonly pushSecrets: string[] = [];
  /** Pushes need a database. */
  hasPushes = true;
  /** Of every batch. */
  readonly reservedUnits: ReservedUnitsInfo[] = [];
  /** Runs stay in this stage until a test lets them go on: what it wants to see does not pass by in the meantime. */
  heldAt: Stage | undefined;
  /** Instead of figures counted from the jobs. */
  today: Today | undefined;
  readonly events: SentEvent[] = [];
  readonly #listeners = new Set<(sent: SentEvent) => void>();

  emit(event: LiveEvent): void {
    const sent = { id: this.events.length + 1, event };
    this.events.push(sent);
    for (const listener of this.#listeners) listener(sent);
  }

  /** Pages that listen. */
  get readers(): number {
    return this.#listeners.size;
  }

  listen(listener: (sent: SentEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get stationState(): StationState {
    const batch = this.batches.find(({ name }) => name === this.settings.batch);
    const running = [...this.ports.values()].filter(({ job }) => job?.state === 'running').length;
    return { ...this.station, running, hasDatabase: true, ...(batch === undefined ? {} : { batch }) };
  }

  /** What waits for a person. */
  get waiting(): { conflicts: number; deadPushes: number } {
    const conflicts = this.conflicts.filter(({ state }) => state === 'open').length;
    return { conflicts, deadPushes: this.deadPushes.length };
  }

  tellRegistry(): void {
    const { failure, spool } = this.registryTrouble;
    this.emit({
      type: 'registry',
      ok: this.registryOk,
      ...this.waiting,
      ...(failure === undefined ? {} : { failure }),
      ...(spool === undefined ? {} : { spoolFaults: spool.length }),
    });
  }

  putStation(change: Partial<FakeWorld['station']>): StationState {
    this.station = { ...this.station, ...change };
    this.emit({ type: 'station', station: this.stationState });
    return this.stationState;
  }

  putBatch(batch: BatchInfo): BatchInfo {
    const index = this.batches.findIndex(({ name }) => name === batch.name);
    if (index === -1) this.batches.unshift(batch);
    else this.batches[index] = batch;
    this.putStation({});
    return batch;
  }

  /** Its state follows from the rest, as in the service. */
  putPort(facts: FakePort): PortState {
    const port = { ...facts, state: slotState(facts) };
    this.ports.set(port.port, port);
    this.emit({ type: 'port', port });
    return port;
  }

  /** Tells of a job, and shows it on the tile of its port. */
  putJob(job: Job): Job {
    const index = this.jobs.findIndex(({ id }) => id === job.id);
    if (index === -1) this.jobs.unshift(job);
    else this.jobs[index] = job;
    const port = this.ports.get(job.port);
    if (port !== undefined) this.putPort({ ...port, job });
    this.emit({ type: 'job', job });
    return job;
  }

  addVirtualPorts(count: number): PortState[] {
    return Array.from({ length: count }, () => {
      const slot = this.ports.size + 1;
      return this.putPort({
        port: `virtual://${slot}`,
        slot,
        kind: 'virtual',
        label: `Virtual board ${slot}`,
        present: true,
        isNativeUsb: false,
        inspecting: false,
      });
    });
  }
}

/** A MAC that looks like one of Espressif's, the same for the same number. */
export function sampleMac(index: number): string {
  const tail = (0x123456 + index * 0x9e37) & 0xffffff;
  const hex = tail.toString(16).padStart(6, '0');
  return `a4:cf:12:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`;
}

/** A version 5 UUID by its looks. */
export function sampleUuid(index: number): string {
  const hex = (0x9e3779b9 * (index + 1)).toString(16).padStart(12, '0').slice(-12);
  return `110e3dc9-fa05-568f-a05a-${hex}`;
}
