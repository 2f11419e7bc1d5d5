// Worlds to look at: a line in the middle of its day, a bench with many slots, nothing at all.
import { STAGES, type Stage } from '../../../src/core/stages.js';
import { PROFILE_EXAMPLE } from '../../../src/core/profile/example.js';
import type { Job, PortState, SavedProfile } from '../../../src/service/contract/index.js';
import { checkProfile } from '../../../src/core/profile/parse.js';
import { jsonProfile } from '../../../src/service/profiles/profile-text.js';
import { slotState } from '../../../src/service/ports/slot-state.js';
import { FakeWorld, sampleMac, sampleUuid } from './world.js';
import { imageOf } from '../proof.js';

/** All samples stand still at this moment. */
export const SAMPLE_NOW = Date.parse('2026-03-12T10:24:00Z');
const iso = (minutesAgo: number): string => new Date(SAMPLE_NOW - minutesAgo * 60_000).toISOString();

const FAILURES: Readonly<Record<string, { next: string; message: string; stage: Stage }>> = {
  LINK_TIMEOUT: {
    stage: 'connect',
    message:
      '/dev/ttyUSB2: no answer to SYNC within 1500 ms; check the cable and the power of the board, then try again.',
    next: 'check the cable and the power of the board, then try again',
  },
  CHIP_NO_ANSWER: {
    stage: 'connect',
    message:
      '/dev/ttyUSB5: no ESP chip answers; hold the BOOT button, tap EN (or RESET), let BOOT go and try again.',
    next: 'hold the BOOT button, tap EN (or RESET), let BOOT go and try again',
  },
  VERIFY_MISMATCH: {
    stage: 'verify',
    message:
      'The flash at 0x9000 does not hold the image; write it again; if it stays so, take this board out.',
    next: 'write it again; if it stays so, take this board out',
  },
};

export function sampleProfile(version = 7): SavedProfile {
  const text = PROFILE_EXAMPLE.replace(/^name: .*/m, 'name: Sensor v3').replace(/ssid: .*/, 'ssid: Factory');
  const checked = checkProfile(text);
  if ('findings' in checked)
    throw new Error(`the sample profile is not valid: ${checked.findings[0]?.reason ?? ''}`);
  return {
    name: 'Sensor v3',
    version,
    savedAt: iso(300),
    savedBy: 'linh',
    text,
    settings: jsonProfile(checked.profile),
  };
}

function sampleJob(slot: number, state: Job['state'], extra: Partial<Job> = {}): Job {
  const mac = sampleMac(slot * 31);
  const ended = state !== 'running';
  return {
    id: `sample-${slot}`,
    port: `/dev/ttyUSB${slot - 1}`,
    slot,
    profile: { name: 'Sensor v3', version: 7 },
    state,
    attempt: 1,
    attempts: 3,
    stages: stagesUpTo(ended ? 'confirm' : 'write', ended ? 'done' : 'running'),
    mac,
    uuid: sampleUuid(slot),
    known: 'new',
    chip: { chip: 'esp32', description: 'ESP32-D0WD-V3', revision: 'v3.1', mac, flashSizeBytes: 4 << 20 },
    warnings: [],
    startedAt: new Date(SAMPLE_NOW - 1_300).toISOString(),
    ...(ended ? { endedAt: iso(0), durationMs: 1240 + slot * 17 } : {}),
    startedBy: 'linh',
    seen: false,
    ...extra,
  };
}

const MS: Readonly<Record<Stage, number>> = {
  connect: 240,
  inspect: 96,
  identify: 1,
  reserve: 14,
  build: 3,
  write: 610,
  verify: 150,
  reset: 60,
  boot: 420,
  join: 20,
  confirm: 12,
};

function stagesUpTo(last: Stage, state: 'running' | 'done' | 'failed'): Job['stages'] {
  return STAGES.slice(0, STAGES.indexOf(last) + 1).map((stage) =>
    stage === last && state === 'running'
      ? { stage, state }
      : { stage, state: stage === last ? state : 'done', durationMs: MS[stage] },
  );
}

function failedJob(slot: number, code: string): Job {
  const failure = FAILURES[code];
  if (failure === undefined) throw new Error(`no sample of ${code}`);
  const job = sampleJob(slot, 'failed');
  delete job.uuid;
  delete job.known;
  return {
    ...job,
    attempt: 3,
    stages: stagesUpTo(failure.stage, 'failed'),
    failure: { code, retryable: true, ...failure },
  };
}

function samplePort(slot: number, job?: Job, present = true): PortState {
  const facts = {
    port: `/dev/ttyUSB${slot - 1}`,
    slot,
    kind: 'serial' as const,
    label: `ttyUSB${slot - 1} CP210x at 1-4.${slot}`,
    present,
    isNativeUsb: false,
    inspecting: false,
    ...(job === undefined ? {} : { job }),
  };
  return { ...facts, state: slotState(facts) };
}

/** What slot n of a busy bench shows. */
function busySlot(slot: number): PortState {
  switch (slot % 8) {
    case 1:
    case 5:
    case 6:
      return samplePort(slot, sampleJob(slot, 'passed'));
    case 2:
      return samplePort(slot, sampleJob(slot, 'running', { percent: 20 + ((slot * 13) % 70) }));
    case 3:
      return samplePort(slot, failedJob(slot, slot % 16 === 3 ? 'CHIP_NO_ANSWER' : 'LINK_TIMEOUT'));
    case 4:
      return samplePort(slot, undefined, false);
    case 7:
      return samplePort(
        slot,
        sampleJob(slot, 'running', { stages: stagesUpTo('verify', 'running'), percent: 100 }),
      );
    default:
      return samplePort(slot);
  }
}

/** A line at 10:24 with this many slots. */
export function busyWorld(slots: number): FakeWorld {
  const world = new FakeWorld();
  world.profiles.push(sampleProfile());
  world.settings = {
    ...world.settings,
    stationName: 'Line 2',
    profile: { name: 'Sensor v3', version: 0 },
    batch: 'WO-1042',
  };
  fillLine(world);
  for (let slot = 1; slot <= slots; slot++) {
    const port = busySlot(slot);
    if (port.job !== undefined) world.jobs.push(port.job);
    world.ports.set(port.port, port);
  }
  world.today = sampleToday();
  fillDevices(world, 240);
  return world;
}

function sampleToday(): NonNullable<FakeWorld['today']> {
  const made = [21, 48, 52, 47, 12];
  return {
    since: iso(5 * 60 + 24),
    passed: 180,
    failed: 4,
    firstPassYield: 0.967,
    lastHour: 52,
    hours: made.map((passed, index) => ({
      start: iso((made.length - 1 - index) * 60 + 24),
      passed,
      failed: [1, 0, 2, 1, 0][index] ?? 0,
    })),
    runs: 193,
    boards: 184,
    reworked: 5,
    alreadyDone: 2,
    finalYield: 0.978,
    taktMs: 66_000,
    boardsPerHour: 52.4,
    runMs: 1606,
    failures: [
      { code: 'LINK_TIMEOUT', stage: 'write', count: 5, share: 5 / 9, cumulative: 5 / 9 },
      { code: 'CHIP_NO_ANSWER', stage: 'connect', count: 3, share: 3 / 9, cumulative: 8 / 9 },
      { code: 'VERIFY_MISMATCH', stage: 'verify', count: 1, share: 1 / 9, cumulative: 1 },
    ],
    stages: STAGES.map((stage) => ({ stage, count: 180, medianMs: MS[stage], p95Ms: MS[stage] * 1.4 })),
    pending: 2,
  };
}

/** Two batches, the boards of the first, and a printer. */
function fillLine(world: FakeWorld): void {
  const batch = {
    profile: { name: 'Sensor v3', version: 7 },
    lot: 'L-2026-11',
    hardwareRevision: 'C',
    firmwareVersion: '1.4.0',
    serialTemplate: 'ZC-{0000}',
    reason: '',
    createdAt: iso(26 * 60),
    createdBy: 'linh',
  };
  world.batches.push(
    {
      ...batch,
      name: 'WO-1042',
      quantity: 300,
      state: 'open',
      counts: { passed: 180, reworked: 5, failed: 4, inWork: 2, open: 118 },
    },
    {
      ...batch,
      name: 'WO-1038',
      quantity: 250,
      state: 'closed',
      closedAt: iso(27 * 60),
      closedBy: 'linh',
      counts: { passed: 250, reworked: 11, failed: 3, inWork: 0, open: 0 },
    },
  );
  for (let index = 0; index < 12; index++) {
    world.units.push({
      mac: sampleMac(index * 31 + 1),
      uuid: sampleUuid(index),
      serial: `ZC-${String(index + 1).padStart(4, '0')}`,
      chip: 'esp32',
      state: index === 4 ? 'failed' : 'passed',
      failedRuns: index % 5 === 4 ? 1 : 0,
      station: 'Line 2',
      image: imageOf('ab'),
      ...(index === 4 ? {} : { passedAt: iso(12 - index) }),
    });
  }
  const template = {
    widthMm: 50,
    heightMm: 25,
    dpi: 203,
    qr: '{{uuid}}',
    lines: ['{{serial}}', '{{mac}}'],
  } as const;
  world.printers.push({
    name: 'Label line 2',
    address: 'tcp://192.168.1.30:9100',
    template: { ...template, lines: [...template.lines] },
  });
}

function fillDevices(world: FakeWorld, count: number): void {
  for (let index = 0; index < count; index++) {
    const pending = index === 3 || index === 17;
    const at = iso(index * 1.2 + 1);
    const mac = sampleMac(index * 31 + 1);
    world.keys.set(mac, `c0de${index.toString(16).padStart(4, '0')}`.repeat(4));
    world.devices.push({
      id: count - index,
      uuid: sampleUuid(index),
      mac,
      status: pending ? 'pending' : 'provisioned',
      caUrl: 'https://ca.example.com:8443',
      wifiSsid: 'Factory',
      firmwareVersion: index < 90 ? '1.4.0' : '1.3.2',
      hardwareRevision: 'C',
      location: index % 3 === 0 ? 'Line 2' : 'Line 1',
      ...(pending ? {} : { provisionedAt: at }),
      units: [
        { batch: 'WO-7', lot: 'L-5', serial: `ZC-${index}`, passed: !pending, claimedAt: at, chip: 'esp32' },
      ],
      keys: historyKeys(at, pending),
      attempts: historyAttempts(at, pending, index),
    });
  }
}

function historyKeys(at: string, pending: boolean): FakeWorld['devices'][number]['keys'] {
  const before = new Date(Date.parse(at) - 86_400_000).toISOString();
  if (pending) return [{ id: 1, state: 'pending', createdAt: at }];
  return [
    { id: 2, state: 'current', createdAt: at, provenAt: at },
    { id: 1, state: 'superseded', createdAt: before, provenAt: before, supersededAt: at },
  ];
}

function historyAttempts(
  at: string,
  pending: boolean,
  index: number,
): FakeWorld['devices'][number]['attempts'] {
  const before = new Date(Date.parse(at) - 95_000).toISOString();
  const failedAt = new Date(Date.parse(at) - 93_100).toISOString();
  const history = {
    station: 'Line 1',
    slot: (index % 8) + 1,
    port: '/dev/ttyUSB0',
    operator: 'linh',
    toolVersion: '1.0.0',
    batch: 'WO-2031',
    profile: { name: 'Sensor', version: 3, sha256: 'cd'.repeat(32) },
    chip: { kind: 'esp32', description: 'ESP32-D0WD-V3', revision: 'v3.1', flashSizeBytes: 4 << 20 },
    baud: 921_600,
  };
  const failed = {
    ...history,
    id: `a${index}-1`,
    outcome: 'failed',
    startedAt: before,
    endedAt: failedAt,
    code: 'LINK_TIMEOUT',
    stage: 'write',
  } as const;
  if (pending) return [failed];
  return [
    {
      ...history,
      stagesMs: MS,
      id: `a${index}-2`,
      outcome: 'passed',
      startedAt: new Date(Date.parse(at) - 1_320).toISOString(),
      endedAt: at,
      image: imageOf('ab'),
    },
    ...(index % 5 === 0 ? [failed] : []),
  ];
}
