// The parts of a running station, put together: ports, flow, batch, figures, operator and screen.
import { hostname } from 'node:os';
import type { EspmintError } from '../../../core/errors/index.js';
import { EXIT, invalidInput } from '../../../core/errors/index.js';
import { checkDevice, provisionDevice } from '../../../provision/index.js';
import {
  mayBePulled,
  SlotMap,
  CodeQueue,
  Station,
  withFinish,
  type StationEvent,
  type StationSettings,
} from '../../../station/index.js';
import type { BatchRequest } from '../../../registry/index.js';
import { ownPorts, SlotFile } from '../../../service/index.js';
import { composeParts, dataDirOf, type BackendChoice, type RegistryChoice } from '../../compose/compose.js';
import type { CliIo, GlobalOptions } from '../../io.js';
import type { OfflineChoice } from '../../arguments/offline.js';
import { originOf, type OriginFlags } from '../../compose/origin.js';
import { createStationReporter, type StationReporter } from '../../output/station-reporter.js';
import { bundlesOf } from '../../compose/firmware.js';
import { planOfProfile, type PlanFlags } from '../../compose/plan.js';
import { listenToOperator, OPERATOR_HELP, SCANNING_HELP } from './operator.js';
import { stationLabels, type LabelOptions, type StationLabels } from './labels.js';
import { stationPorts, type PortOptions } from './ports.js';
import { openWork, type Closer, type Work } from './work.js';

export interface StationOptions
  extends
    PortOptions,
    LabelOptions,
    RegistryChoice,
    BackendChoice,
    OriginFlags,
    OfflineChoice,
    Pick<PlanFlags, 'profile' | 'caUrl' | 'known' | 'verify' | 'wpsHook' | 'wpsCancelHook'> {
  readonly batch?: string;
  readonly name?: string;
  readonly start: 'auto' | 'key';
  readonly maxRunning?: number;
  readonly retries?: number;
  readonly stopSlot?: number;
  readonly stopBatch?: number;
  readonly untilFull?: boolean;
  readonly json?: boolean;
  /** Boards are checked, and nothing is written. */
  readonly check?: boolean;
}

export async function runStation(io: CliIo, options: StationOptions & GlobalOptions): Promise<void> {
  const closers: Closer[] = [];
  try {
    await run(io, options, closers);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function run(io: CliIo, options: StationOptions & GlobalOptions, closers: Closer[]): Promise<void> {
  if (options.check === true) requireCheckable(options);
  const name = options.name ?? hostname();
  const ports = stationPorts(io, options);
  const dataDir = dataDirOf(io, options);
  // With ports of its own it stands beside another one.
  if (options.port === undefined) closers.push(await ownPorts(dataDir));
  const pins = await new SlotFile(dataDir).read();
  // The registry closes last: it must know the keys of the boards that the batch still has to hear of.
  const parts = await composeParts(io, options);
  closers.push(() => parts.close());
  const { work, profile } = await openWork(io, options, { name, store: parts.store }, closers);
  const plan = await planOfProfile(
    profile,
    { ...options, ...planOf(work?.batch) },
    io.env,
    bundlesOf(io, options),
  );
  const reporter = createStationReporter(io, { json: options.json === true, name });
  const note = (text: string): void => reporter.note(text);
  const values = parts.store?.values();
  closers.push(() => values?.close());
  const pushes = parts.store?.deliver(note);
  closers.push(() => pushes?.close());
  const labels = await stationLabels(options, {
    profile,
    batch: work?.batch,
    registry: parts.registry,
    values,
    note,
  });
  const codes = plan.values?.match === 'scan' ? new CodeQueue() : undefined;
  const origin = originOf(options, { station: name, batch: work?.batch?.name });
  const checks = options.check === true;
  const watching = new AbortController();
  const station: Station = new Station(
    {
      slots: new SlotMap(pins),
      run: async ({ slot, port }, events) => {
        const options = { ...events, origin: { ...origin, slot } };
        const { signal } = events;
        const finish = labels?.finishOf({ signal, onScan: (waiting) => station.scanning(slot, waiting) });
        const admit = finish === undefined ? work?.admit : withFinish(work?.admit, finish);
        const connect: typeof parts.connect = (port, how) =>
          ports.network.opening(port, () => parts.connect(port, how));
        const result = await ports.network.duringRun(port, () =>
          checks
            ? checkDevice(port, plan, { connect, registry: parts.registry, values }, options)
            : provisionDevice(port, plan, { ...parts, connect, admit, scanned: codes }, options),
        );
        if (mayBePulled(result)) await ports.settled(port);
        return result;
      },
      // A check is no production: it stands in the audit trail, and counts for no batch and no figure.
      onEvent: (event) => onEvent(event, { reporter, work: checks ? undefined : work }),
    },
    settingsOf(options),
  );
  const missing = await ports.missing();
  // Before the first line is drawn: until it listens, the terminal shows what is typed in the middle of the screen.
  const operator = operate(io, station, { reporter, labels, codes });
  if (options.json !== true) note(codes === undefined ? OPERATOR_HELP : SCANNING_HELP);
  for (const path of missing) note(`${path} is not there; plug it in, or check its name.`);
  const ended = work?.heartbeat({ station, reporter, untilFull: options.untilFull === true }, watching);
  io.signal.addEventListener('abort', () => watching.abort(), { once: true });
  if (io.signal.aborted) watching.abort();
  void operator.left.then(() => watching.abort());
  try {
    await ports.watch((change) => station.portChanged(change), watching.signal);
    await (operator.wantsStop() ? station.stop() : station.drain());
    await ended;
    await work?.flush();
    await work?.leave();
  } finally {
    operator.close();
    reporter.finish();
  }
  io.setExitCode(EXIT.ok);
}

/** What only makes sense where something is written. @throws INPUT_INVALID */
function requireCheckable({ registry, known, label, profile, batch }: StationOptions): void {
  const refuse = (field: string, reason: string, hint: string): EspmintError =>
    invalidInput(field, reason, hint);
  if (registry === 'none')
    throw refuse(
      '--check',
      'asks the registry for each board, and this station has none',
      'leave --registry none out',
    );
  const other = known === undefined ? (label === undefined ? undefined : '--label') : '--known';
  if (other !== undefined)
    throw refuse(other, 'has no place with --check, which writes nothing', 'leave it out');
  if (profile === undefined && batch === undefined)
    throw refuse(
      '--profile',
      'is missing: it says what must be on a board',
      'give --profile FILE, or --batch NAME',
    );
}

function settingsOf(options: StationOptions): Partial<StationSettings> {
  const { maxRunning, retries, stopSlot = 3, stopBatch = 6 } = options;
  return {
    autoStart: options.start === 'auto',
    ...(maxRunning === undefined ? {} : { maxRunning }),
    ...(retries === undefined ? {} : { retries }),
    stopAfter: { onSlot: stopSlot, onStation: stopBatch },
  };
}

/** What the batch says of its boards wins over the profile. */
function planOf(batch: BatchRequest | undefined): Partial<PlanFlags> {
  if (batch === undefined) return {};
  const { firmwareVersion, hardwareRevision, location } = batch;
  const said = Object.entries({ firmwareVersion, hardwareRevision, location });
  return Object.fromEntries(said.filter(([, value]) => value !== undefined));
}

function onEvent(
  event: StationEvent,
  { reporter, work }: { reporter: StationReporter; work: Work | undefined },
): void {
  reporter.event(event);
  if (event.type === 'ended') work?.ended(event);
  if (event.type === 'station' && event.mode === 'paused') work?.paused(event);
}

/** The operator's lines; `left` resolves when the station is to end. */
function operate(
  io: CliIo,
  station: Station,
  {
    reporter,
    labels,
    codes,
  }: { reporter: StationReporter; labels: StationLabels | undefined; codes: CodeQueue | undefined },
): { left: Promise<void>; wantsStop: () => boolean; close: () => void } {
  let stopping = false;
  let leave: () => void = () => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  const listener = listenToOperator(io, {
    start: (slot) => {
      const waiting = [...station.slots].flatMap(([number, state]) =>
        state.state === 'waiting' && state.for === 'start' ? [number] : [],
      );
      const started = (slot === undefined ? waiting : [slot]).filter((number) => station.start(number));
      if (started.length === 0)
        reporter.note(slot === undefined ? 'No board waits.' : `Slot ${slot} has no board to start.`);
    },
    typing: reporter.showsTyping ? (line) => reporter.typing(line) : undefined,
    pause: () => station.pause({ by: 'operator', text: '' }),
    resume: () => station.resume(),
    drain: () => leave(),
    stop: () => {
      stopping = true;
      leave();
    },
    awaitsCode: () => codes !== undefined || labels?.waits() === true,
    scan: (code) => {
      if (labels?.scan(code) === true) return;
      if (codes !== undefined) {
        reporter.note(`"${code}" is for board ${codes.add(code)} of those that come next.`);
        return;
      }
      reporter.note(
        labels === undefined ? `"${code}" is no command. ${OPERATOR_HELP}` : `No unit waits for "${code}".`,
      );
    },
  });
  return { left, wantsStop: () => stopping, close: () => listener.close() };
}
