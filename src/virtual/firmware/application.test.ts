// What the chip's applications print, and what they find in NVS by their own reading of the format.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createVirtualBoard } from '../board.js';
import { TestClient } from '../testing/client.js';
import type { ApplicationName } from './application.js';
import { readNvs } from './nvs-reader.js';

const fixture = (name: string): Uint8Array =>
  new Uint8Array(
    gunzipSync(readFileSync(new URL(`../../../test/fixtures/nvs/${name}.bin.gz`, import.meta.url))),
  );

function log(application: ApplicationName, nvs?: Uint8Array): string {
  const board = createVirtualBoard({ application });
  if (nvs !== undefined) {
    for (let at = 0; at < nvs.length; at += 256) board.flash.program(0x9000 + at, nvs.subarray(at, at + 256));
  }
  const client = new TestClient(board);
  board.powerCycle('application');
  const text = client.takeText();
  board.dispose();
  return text;
}

describe('applications', () => {
  it.each<[ApplicationName, RegExp]>([
    ['stock', /got ip:192\.168\.4\.2/],
    ['panic', /Guru Meditation/],
    ['brownout', /Brownout detector was triggered/],
    ['no-app', /invalid header: 0xffffffff/],
    ['nvs', /NVS is empty/],
  ])('%s', (name, line) => {
    expect(log(name)).toMatch(line);
  });

  it('silent prints the ROM log only', () => {
    expect(log('silent').trimEnd().split('\r\n').at(-1)).toMatch(/^rst:0x1/);
  });

  it('nvs prints what the generator wrote, secrets by their length', () => {
    const items = readNvs(fixture('01-seed'));
    const psk = items.find(({ key }) => key === 'psk_secret')?.value ?? '';
    expect(psk).not.toBe('');
    const text = log('nvs', fixture('01-seed'));
    expect(text).toContain(`zc/psk_secret = (${psk.length} characters)`);
    expect(text).toContain('zc/ca_service_url = http');
    expect(text).not.toContain(psk);
    expect(log('nvs-leaky', fixture('01-seed'))).toContain(psk);
  });

  it('restarts after a panic', async () => {
    const board = createVirtualBoard({ application: 'panic' });
    const client = new TestClient(board);
    board.powerCycle('application');
    let text = '';
    await expect.poll(() => (text += client.takeText()).match(/rst:/g)?.length ?? 0).toBeGreaterThan(1);
    board.dispose();
  });
});

describe('the NVS reader of the chip', () => {
  it('reads integers of every width', () => {
    const values = readNvs(fixture('03-integers')).map(({ value }) => value);
    expect(values.length).toBeGreaterThan(3);
    for (const value of values) expect(value).toMatch(/^-?\d+$/);
  });

  it('passes over a damaged item and never throws', () => {
    const damaged = fixture('01-seed');
    damaged[64 + 32 + 40] = 0;
    expect(readNvs(damaged).length).toBeLessThan(readNvs(fixture('01-seed')).length);
    expect(readNvs(new Uint8Array(0x3000).map((_, n) => (n * 37) & 0xff))).toEqual([]);
  });
});
