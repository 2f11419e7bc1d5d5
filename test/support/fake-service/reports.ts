// Longer answers of the fake service: figures of the day from its jobs, and an inspection.
import { STAGES } from '../../../src/core/stages.js';
import type { FiguresInfo, Inspection, PartitionInfo, Today } from '../../../src/service/contract/index.js';
import { figuresSchema } from '../../../src/service/contract/stats.js';
import { sampleMac, sampleUuid, type FakeWorld } from './world.js';
import { imageOf } from '../proof.js';

/** Counted the simple way: each job is one board. */
export function todayOf(world: FakeWorld): Today {
  const start = new Date();
  start.setMinutes(0, 0, 0);
  const figures = figuresOf(world);
  return {
    ...figures,
    since: new Date(new Date().setHours(0, 0, 0, 0)).toISOString(),
    lastHour: figures.passed,
    hours: [{ start: start.toISOString(), passed: figures.passed, failed: figures.failed }],
    pending: world.devices.filter(({ status }) => status === 'pending').length,
  };
}

/** Those that the world was given, or those of its jobs. */
export function figuresOfWorld(world: FakeWorld): FiguresInfo {
  return figuresSchema.parse(world.today ?? figuresOf(world));
}

function figuresOf(world: FakeWorld): FiguresInfo {
  const passed = world.jobs.filter(({ state }) => state === 'passed');
  const failed = world.jobs.filter(({ state }) => state === 'failed');
  const boards = passed.length + failed.length;
  const codes = [...new Set(failed.map(({ failure }) => failure?.code ?? ''))];
  return {
    runs: boards,
    boards,
    passed: passed.length,
    failed: failed.length,
    reworked: 0,
    alreadyDone: 0,
    ...(boards === 0 ? {} : { firstPassYield: passed.length / boards }),
    failures: codes.map((code) => {
      const count = failed.filter(({ failure }) => failure?.code === code).length;
      return { code, stage: 'write', count, share: count / failed.length, cumulative: 1 };
    }),
    stages: STAGES.map((stage) => ({ stage, count: passed.length, medianMs: 120, p95Ms: 190 })),
  };
}

const partition = (label: string, kind: string, offsetBytes: number, sizeBytes: number): PartitionInfo => ({
  label,
  type: kind === 'app' ? 0 : 1,
  subtype: 2,
  kind,
  offsetBytes,
  sizeBytes,
  encrypted: false,
  readonly: false,
});

const SAMPLE_PARTITIONS = [
  partition('nvs', 'nvs', 0x9000, 0x6000),
  partition('otadata', 'ota', 0xf000, 0x2000),
  partition('phy_init', 'phy', 0x11000, 0x1000),
  partition('ota_0', 'app', 0x20000, 0x180000),
  partition('ota_1', 'app', 0x1a0000, 0x180000),
  partition('storage', '0x1/0x82', 0x320000, 0xe0000),
];

/** A board whose Wi-Fi was changed in the field: it differs from the registry in one place. */
export function inspectionOf(world: FakeWorld, port: string): Inspection {
  const slot = world.ports.get(port)?.slot ?? 1;
  const uuid = sampleUuid(slot);
  const mac = sampleMac(slot);
  const text = (key: string, value: string, secret = false) => ({
    namespace: 'zc',
    key,
    type: 'string',
    value: secret ? '********' : value,
    bytes: value.length + 1,
    secret,
  });
  return {
    port,
    chip: { chip: 'esp32', description: 'ESP32-D0WD-V3', revision: 'v3.1', mac, flashSizeBytes: 4 << 20 },
    security: { flashEncryption: false, secureBoot: false, secureDownload: false },
    partitions: SAMPLE_PARTITIONS,
    nvs: {
      image: imageOf('c0'),
      encrypted: false,
      rows: [
        text('global_uuid', uuid),
        text('psk_secret', 'x'.repeat(32), true),
        text('ca_service_url', 'https://ca.example.com:8443'),
        text('wifi_ssid', 'Customer-5G'),
        text('wifi_password', 'x'.repeat(12), true),
        { namespace: 'zc', key: 'report_s', type: 'u16', value: '60', bytes: 2, secret: false },
      ],
      usedEntries: 17,
      totalEntries: 756,
    },
    registry: {
      uuid,
      status: 'provisioned',
      compared: [
        { field: 'uuid', board: uuid, registry: uuid, verdict: 'same' },
        {
          field: 'caUrl',
          board: 'https://ca.example.com:8443',
          registry: 'https://ca.example.com:8443',
          verdict: 'same',
        },
        { field: 'wifiSsid', board: 'Customer-5G', registry: 'Factory', verdict: 'different' },
        { field: 'image', board: 'c0ffeec0ffee…', registry: 'abababababab…', verdict: 'different' },
      ],
    },
    warnings: [],
  };
}
