// Each mode of a profile's Wi-Fi, from the profile to firmware that follows it, and the proof of connection.
import { describe, expect, it } from 'vitest';
import { parseProfile } from '../core/profile/parse.js';
import { fillLabel, parseLabelTemplate } from '../core/labels/template.js';
import { deviceProof, deviceWpsPin } from '../core/wifi-device-secrets.js';
import { parsePsk } from '../core/psk.js';
import { readStoredWifi } from '../virtual/firmware/wifi/settings.js';
import { servePortal, type VirtualBoard, type VirtualWifi } from '../virtual/index.js';
import { HttpTransport, ProtocommClient } from '../wifi/index.js';
import { useFlow, type FlowRun } from '../../test/support/flow.js';
import { buildPlan } from './build-plan.js';

const flow = useFlow();
const CANARY = 'c4nary-password';
const NETWORKS: VirtualWifi = { networks: [{ ssid: 'Lab', password: CANARY }] };

async function run(
  wifi: string,
  air: VirtualWifi = NETWORKS,
): Promise<{ board: VirtualBoard; result: FlowRun; psk: string }> {
  const profile = parseProfile(
    `name: x\ncaUrl: https://ca.example.com\npolicy: {attempts: 1}\nwifi: ${wifi}`,
    'p',
  );
  const plan = await buildPlan(profile, {}, () => Promise.resolve(CANARY));
  const board = flow.plug({ application: 'wifi', wifi: air, partitionTable: 'stock' });
  const result = await flow.run(board, { plan });
  expect(JSON.stringify(result)).not.toContain(CANARY);
  return { board, result, psk: readStoredWifi(board.flash).item('psk_secret')?.value ?? '' };
}

describe('static credentials', () => {
  it.each(['zc', 'net80211', 'both'])(
    'reach firmware by %s, and the log proves the connection',
    async (target) => {
      const { board, result } = await run(`{ssid: Lab, password: 'env:X', target: ${target}, join: {}}`);
      expect(result, JSON.stringify(result)).toMatchObject({ ok: true });
      const stored = readStoredWifi(board.flash);
      expect(stored.network).toEqual({ ssid: 'Lab', password: CANARY });
      expect(stored.item('wifi_ssid')?.value).toBe(target === 'net80211' ? undefined : 'Lab');
    },
  );

  it.each([
    [
      'a wrong password',
      { networks: [{ ssid: 'Lab', password: 'other-password' }] },
      'WIFI_JOIN_FAILED',
      /wrong password/,
    ],
    ['no such network', { networks: [] }, 'WIFI_JOIN_FAILED', /no such network/],
    ['no address', { ...NETWORKS, fault: 'no-address' }, 'WIFI_JOIN_FAILED', /no address/],
    ['silence', { ...NETWORKS, fault: 'silent' }, 'WIFI_JOIN_UNPROVEN', /said nothing/],
  ] as const)('fail with the reason: %s', async (_, air, code, message) => {
    const { result } = await run("{ssid: Lab, password: 'env:X', join: {timeoutMs: 1000}}", air);
    expect(result).toMatchObject({ ok: false, stage: 'boot', code });
    expect(result.ok ? '' : result.message).toMatch(message);
  });
});

describe('a portal', () => {
  it.each([0, 1, 2] as const)(
    'with security %i opens with the proof on the label, and with no other',
    async (security) => {
      const { board, result, psk } = await run(`{mode: portal, portal: {security: ${security}}}`);
      expect(result.ok).toBe(true);
      const proof = deviceProof(parsePsk(psk));
      const stored = readStoredWifi(board.flash);
      expect(stored.network).toBeUndefined();
      expect(stored.item('wifi_pop')?.value).toBe(security === 1 ? proof : undefined);
      await expect.poll(() => board.radio.portal).toBeDefined();
      const server = await servePortal(board, { host: '127.0.0.1', port: 0 });
      const transports: HttpTransport[] = [];
      const client = (given: string): ProtocommClient => {
        const transport = new HttpTransport(server.url);
        transports.push(transport);
        return new ProtocommClient(transport, { proof: given });
      };
      try {
        if (security !== 0) {
          await expect(client('abcd1234').provision('Lab', CANARY)).rejects.toMatchObject({
            code: 'WIFI_PROOF_REFUSED',
          });
        }
        expect(await client(proof).provision('Lab', CANARY)).toMatchObject({ address: '192.168.77.130' });
      } finally {
        for (const transport of transports) transport.close();
        await server.close();
      }
    },
  );

  it('has a QR code and a proof for its label, where the template says that it may', () => {
    const psk = '00112233445566778899aabbccddeeff';
    const text = "widthMm: 50\nheightMm: 20\nqr: '{{wifiQr}}'\nlines: ['{{wifiPop}}', '{{wifiPin}}']\n";
    expect(() => parseLabelTemplate(text, 'l')).toThrow(/secret: true/);
    const template = parseLabelTemplate(`${text}secret: true\n`, 'l');
    const filled = fillLabel(template, { mac: 'a4:cf:12:34:56:78', uuid: 'u', psk }, { draws: () => true });
    const proof = deviceProof(parsePsk(psk));
    expect(JSON.parse(filled.qr)).toEqual({
      ver: 'v1',
      name: 'PROV_345678',
      pop: proof,
      transport: 'softap',
    });
    expect(filled.lines).toEqual([proof, deviceWpsPin(parsePsk(psk))]);
  });
});

describe('the other modes', () => {
  it('tell the firmware what to wait for', async () => {
    const wps = await run('{mode: wps}');
    await expect.poll(() => wps.board.radio.wps).toBe(deviceWpsPin(parsePsk(wps.psk)));
    const button = await run('{mode: wps, wps: {method: button}}');
    await expect.poll(() => button.board.radio.wps).toBe('button');
    const air = await run('{mode: smartconfig}');
    expect(readStoredWifi(air.board.flash).item('wifi_sc_type')?.value).toBe('3');
  });

  it.each([
    ['{mode: portal, ssid: Lab}', /has no place in mode portal/],
    ['{mode: static}', /ssid/],
    ['{mode: wps, portal: {}}', /belongs to mode portal/],
    ['{mode: smartconfig, join: {}}', /cannot be proven in mode smartconfig/],
  ])('refuse what cannot be: %s', (wifi, message) => {
    expect(() => parseProfile(`name: x\nwifi: ${wifi}`, 'p')).toThrow(message);
  });

  it('refuse a place where esp_wifi does not look for its store', async () => {
    const profile = parseProfile(
      'name: x\ncaUrl: https://ca.example.com\ntarget: {partition: keys}\nwifi: {ssid: Lab, target: both}',
      'p',
    );
    await expect(buildPlan(profile, {}, () => Promise.resolve(''))).rejects.toThrow(/partition "nvs"/);
  });
});
