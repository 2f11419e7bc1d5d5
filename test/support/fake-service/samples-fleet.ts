// A fleet with something to decide: boards that contradict the registry, pushes that were given up, reserved units.
import type { ConflictInfo } from '../../../src/service/contract/index.js';
import { busyWorld, SAMPLE_NOW } from './samples.js';
import { sampleMac, sampleUuid, type FakeWorld } from './world.js';

const iso = (minutesAgo: number): string => new Date(SAMPLE_NOW - minutesAgo * 60_000).toISOString();
const CHIP_IDS = ['5f0b3c1e9a7d42688e1fd0c4b7a3962e', 'c81d77e2046fb95a3e80d2f1479ab06c'] as const;

export function fleetWorld(slots = 8): FakeWorld {
  const world = busyWorld(slots);
  addConflicts(world);
  addPushes(world);
  addHeldPlaces(world);
  addLists(world);
  addProducts(world);
  return world;
}

function registeredSide(world: FakeWorld, index: number): ConflictInfo['registered'] {
  const device = world.devices[index];
  if (device === undefined) throw new Error(`the sample world has no device ${index}`);
  const { mac, uuid, status, location, provisionedAt, attempts } = device;
  const [last] = attempts;
  return {
    mac,
    uuid,
    status,
    location,
    provisionedAt,
    hardwareId: CHIP_IDS[0],
    lastAttempt: last && { startedAt: last.startedAt, outcome: last.outcome, code: last.code },
  };
}

function addConflicts(world: FakeWorld): void {
  const seen = (minutesAgo: number, times: number) => ({
    times,
    firstSeenAt: iso(minutesAgo + (times - 1) * 7),
    lastSeenAt: iso(minutesAgo),
    seenBy: 'linh',
    facts: { station: 'Line 2', slot: '3', port: '/dev/ttyUSB2', batch: 'WO-1042', chip: 'ESP32-C6 v0.1' },
  });
  const clone = registeredSide(world, 5);
  const moved = registeredSide(world, 12);
  const listed = registeredSide(world, 30);
  world.conflicts.push(
    {
      id: 9,
      code: 'CLONE_SUSPECTED',
      state: 'open',
      refused: { mac: clone.mac, uuid: clone.uuid, hardwareId: CHIP_IDS[1] },
      registered: clone,
      ...seen(4, 3),
    },
    {
      id: 8,
      code: 'UUID_TAKEN',
      state: 'open',
      refused: { mac: sampleMac(9999), uuid: listed.uuid },
      registered: { ...listed, hardwareId: undefined },
      ...seen(95, 1),
    },
    {
      id: 6,
      code: 'HARDWARE_ID_TAKEN',
      state: 'kept',
      refused: { mac: sampleMac(7777), uuid: sampleUuid(7777), hardwareId: CHIP_IDS[0] },
      registered: moved,
      decided: { at: iso(1200), by: 'minh', reason: 'MAC was changed at the bench by mistake' },
      ...seen(1400, 2),
    },
  );
}

function addPushes(world: FakeWorld): void {
  const about = { createdAt: iso(9000), createdBy: 'linh' };
  world.pushTargets.push(
    {
      ...about,
      name: 'authority',
      kind: 'sql',
      address: 'ca-db.example.com:5432/ca',
      statement: 'INSERT INTO ca.enrolled (device, secret) VALUES (:uuid, :psk)',
      events: ['provisioned', 'rotated'],
      sendsKeys: true,
      paused: false,
      pending: 0,
      dead: 0,
      lastDelivered: iso(2),
    },
    {
      ...about,
      name: 'inventory',
      kind: 'webhook',
      address: 'https://erp.example.com/hooks/devices',
      events: ['provisioned', 'removed'],
      sendsKeys: false,
      paused: false,
      pending: 184,
      dead: 3,
      oldestPending: iso(310),
      lastDelivered: iso(1900),
      lastError: { code: 'PUSH_REFUSED', message: 'HTTP 503: the service is under maintenance' },
      retryAt: iso(-4),
    },
    {
      ...about,
      name: 'bus',
      kind: 'webhook',
      address: 'env:ESPMINT_PUSH_BUS',
      events: ['provisioned'],
      sendsKeys: false,
      paused: true,
      pending: 12,
      dead: 0,
      oldestPending: iso(44),
    },
  );
  for (let index = 0; index < 3; index++) {
    world.deadPushes.push({
      id: String(20 - index),
      target: 'inventory',
      event: index === 1 ? 'removed' : 'provisioned',
      mac: world.devices[index * 7]?.mac ?? sampleMac(index),
      uuid: sampleUuid(index * 7),
      tries: 31 + index,
      occurredAt: iso(1900 + index * 60),
      endedAt: iso(400 + index * 60),
      code: 'PUSH_REFUSED',
      message: 'inventory refused the push (HTTP 422: unknown article number); correct it there, then retry.',
    });
  }
}

function addProducts(world: FakeWorld): void {
  const digest = '5f2b8c7d1e0a94638f5f2b8c7d1e0a94638f5f2b8c7d1e0a94638f5f2b8c7d1e';
  for (const version of ['2.1.0', '2.0.3']) {
    world.bundles.push({
      name: 'sensor',
      version,
      digest,
      chips: ['esp32s3'],
      sizeBytes: 1_482_752,
      parts: [
        { chip: 'esp32s3', name: 'bootloader/bootloader.bin', offsetBytes: 0, sizeBytes: 0x6000 },
        {
          chip: 'esp32s3',
          name: 'partition_table/partition-table.bin',
          offsetBytes: 0x8000,
          sizeBytes: 0x1000,
        },
        { chip: 'esp32s3', name: 'sensor.bin', offsetBytes: 0x20000, sizeBytes: 0x15a000 },
      ],
      addedAt: iso(3000),
      addedBy: 'minh',
    });
  }
  const column = { type: 'string', unique: false, secret: false, file: false };
  world.valueLists.push({
    name: 'lamps',
    columns: [
      { ...column, name: 'passcode', type: 'u32', unique: true, secret: true },
      { ...column, name: 'sku' },
    ],
    createdAt: iso(3000),
    createdBy: 'minh',
  });
  for (let number = 1; number <= 12; number++) {
    world.valueRows.push({
      number,
      state: number < 6 ? 'used' : 'free',
      ...(number < 6 ? { mac: sampleMac(number), claimedAt: iso(900 - number) } : {}),
      values: { sku: `LAMP-${number}-WARM-WHITE` },
    });
  }
}

function addLists(world: FakeWorld): void {
  const about = { createdAt: iso(2100), createdBy: 'minh' };
  world.lists.push(
    { list: 'deny', entry: sampleMac(4711), reason: 'stolen in March', ...about },
    {
      list: 'deny',
      entry: 'a4:cf:12:90:00:00..a4:cf:12:90:01:ff',
      reason: 'tray 14: wrong crystal, sent back to the maker',
      ...about,
    },
    { list: 'deny', entry: sampleUuid(99), reason: 'field return 4711', ...about },
  );
  const origin = '192.168.1.44 by way of line-1';
  const [first, second] = world.devices;
  const entries = [
    {
      kind: 'key revealed',
      actor: 'linh',
      mac: first?.mac,
      uuid: first?.uuid,
      detail: { reason: 'field return 4711' },
    },
    {
      kind: 'label printed',
      actor: 'minh',
      mac: second?.mac,
      detail: { reason: 'the first label was smeared' },
    },
    {
      kind: 'list entry added',
      actor: 'minh',
      detail: { list: 'deny', entry: sampleMac(4711), reason: 'stolen in March' },
    },
    {
      kind: 'board refused',
      actor: 'linh',
      mac: sampleMac(12),
      detail: { code: 'CLONE_SUSPECTED', conflict: 9 },
    },
    { kind: 'push target added', actor: 'admin', detail: { name: 'inventory', address: 'erp.example.com' } },
  ];
  for (const [index, entry] of entries.entries())
    world.audit.push({ id: 90 - index, at: iso(30 + index * 71), origin, ...entry });
}

function addHeldPlaces(world: FakeWorld): void {
  world.reservedUnits.push(
    { station: 'Line 2', units: 20, since: iso(12), inReach: true },
    { station: 'Line 4', units: 8, since: iso(2900), inReach: false },
  );
  const [batch] = world.batches;
  if (batch === undefined) return;
  world.batches[0] = { ...batch, counts: { ...batch.counts, held: 28, open: batch.counts.open - 28 } };
}
