// A board's reservation and confirmation beside a bare client that sends the very same statements, and beside a plain
// upsert: in turns, so that what else the machine does falls on all of them.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Registry } from '../../src/registry/index.js';
import { PROOF } from '../../test/support/proof.js';
import { rate, ratesInTurns } from './rate.js';

const ROUNDS = 3;
const SECONDS = 2;
const TOGETHER = 8;
const UPSERT = `
  INSERT INTO devices (global_uuid, mac_address, psk_secret, ca_service_url, wifi_ssid, firmware_version, hardware_revision, location)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
  ON CONFLICT (global_uuid) DO UPDATE SET psk_secret = EXCLUDED.psk_secret, provisioned_at = CURRENT_TIMESTAMP
  RETURNING id`;

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

let boards = 0;
function names(): { mac: string; uuid: string } {
  boards += 1;
  const tail = boards.toString(16).padStart(8, '0');
  return { mac: `a4:cf:${tail.match(/../g)?.join(':') ?? ''}`, uuid: `110e3dc9-fa05-568f-a05a-0000${tail}` };
}

async function provision(registry: Registry): Promise<{ id: string; mac: string; uuid: string }> {
  const { id, mac, uuid } = await registry.reserve({
    ...names(),
    caUrl: 'https://ca.example.com',
    policy: 'keep',
  });
  await registry.confirm(id, PROOF);
  return { id, mac, uuid };
}

/** What espmint sends for one board, as a function of the names of another. */
async function statementsOf(registry: Registry): Promise<() => Statement[]> {
  await provision(registry);
  const sent: Statement[] = [];
  const { query } = pg.Client.prototype as { query: (...args: unknown[]) => unknown };
  const recording = function (this: pg.Client, ...args: unknown[]): unknown {
    sent.push({ text: String(args[0]), values: Array.isArray(args[1]) ? args[1] : [] });
    return query.apply(this, args);
  };
  Object.assign(pg.Client.prototype, { query: recording });
  const board = await provision(registry).finally(() => Object.assign(pg.Client.prototype, { query }));
  const digits = (mac: string): string => mac.replaceAll(':', '');
  return () => {
    const other = { ...names(), id: randomUUID() };
    const renamed = (value: unknown): unknown => {
      const text = JSON.stringify(value ?? null);
      const pairs = [
        [board.id, other.id],
        [board.uuid, other.uuid],
        [board.mac, other.mac],
        [digits(board.mac), digits(other.mac)],
      ] as const;
      return JSON.parse(pairs.reduce((changed, [from, to]) => changed.replaceAll(from, to), text)) as unknown;
    };
    return sent.map(({ text, values }) => ({ text, values: values.map(renamed) }));
  };
}

/** Each a second. @param connect a connection of its own to the registry's database */
export async function measureWrites(
  registry: Registry,
  connect: () => Promise<pg.Client>,
): Promise<Record<string, number>> {
  const nextBoard = await statementsOf(registry);
  const clients = await Promise.all(Array.from({ length: TOGETHER }, connect));
  const [first] = clients as [pg.Client];
  const bareBoard = async (client: pg.Client): Promise<void> => {
    for (const { text, values } of nextBoard()) await client.query(text, [...values]);
  };
  const upsert = async (): Promise<void> => {
    const { mac, uuid } = names();
    await first.query(UPSERT, [uuid, mac, '0'.repeat(32), 'https://ca', 'Lab', '1.0', 'A', 'Hall']);
  };
  const idle = [...clients];
  const bareTogether = async (): Promise<void> => {
    const client = idle.pop() as pg.Client;
    await bareBoard(client).finally(() => idle.push(client));
  };
  try {
    const rates = await ratesInTurns(ROUNDS, {
      'bare client, plain upserts/s': () => rate(1, upsert, SECONDS),
      'bare client, the same statements, boards/s, one at a time': () =>
        rate(1, () => bareBoard(first), SECONDS),
      'espmint, reserve + confirm with journal, boards/s, one at a time': () =>
        rate(1, () => provision(registry), SECONDS),
      'bare client, the same statements, boards/s, eight at once': () =>
        rate(TOGETHER, bareTogether, SECONDS),
      'espmint, reserve + confirm with journal, boards/s, eight at once': () =>
        rate(TOGETHER, () => provision(registry), SECONDS),
    });
    return { 'statements of a board': nextBoard().length, ...rates };
  } finally {
    for (const client of clients) await client.end();
  }
}
