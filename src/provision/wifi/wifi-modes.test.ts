// Each mode of a profile's Wi-Fi, from the profile to firmware that follows it, and the proof of connection.
import { describe, expect, it } from 'vitest';
import { parseProfile } from '../../core/profile/parse.js';
import { parseLabelTemplate } from '../../core/labels/template-file.js';
import { fillLabel } from '../../core/labels/template.js';
import { deviceProof, deviceWpsPin } from '../../core/wifi-device-secrets.js';
import { parseMac } from '../../core/mac.js';
import { parsePsk } from '../../core/psk.js';
import type { ProvisionEvent } from '../../core/stages.js';
import { readStoredWifi } from '../../virtual/firmware/wifi/settings.js';
import {
  openVirtualAir,
  servePortal,
  type ApplicationName,
  type VirtualBoard,
  type VirtualWifi,
} from '../../virtual/index.js';
import { HttpTransport, ProtocommClient, SharedAir } from '../../wifi/index.js';
import { MAC, useFlow, type FlowRun } from '../../../test/support/flow.js';
import { buildPlan, type PlanChanges } from '../plan/build-plan.js';
import type { ProvisionParts } from '../parts.js';
import type { ProvisionPlan } from '../plan/plan.js';

const flow = useFlow();
const CANARY = 'c4nary-password';
const NETWORKS: VirtualWifi = { networks: [{ ssid: 'Lab', password: CANARY }] };

async function run(
  wifi: string,
  air: VirtualWifi = NETWORKS,
  application: ApplicationName = 'wifi',
): Promise<{ board: VirtualBoard; result: FlowRun; psk: string }> {
  const profile = parseProfile(
    `name: x\ncaUrl: https://ca.example.com\npolicy: {attempts: 1}\nwifi: ${wifi}`,
    'p',
  );
  const plan = await buildPlan(profile, {}, () => Promise.resolve(CANARY));
  const board = flow.plug({ application, wifi: air, partitionTable: 'stock' });
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
      const [attempt] = (await flow.registry.show({ mac: MAC })).attempts;
      expect(attempt?.wifi).toEqual({
        mode: 'static',
        result: 'joined',
        ssid: 'Lab',
        proof: 'log',
        address: '192.168.77.130',
      });
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
    const [attempt] = (await flow.registry.show({ mac: MAC })).attempts;
    expect(attempt?.wifi).toMatchObject({
      mode: 'static',
      result: code === 'WIFI_JOIN_FAILED' ? 'failed' : 'unproven',
      reason: expect.stringMatching(message) as string,
    });
  });
});

describe('a network that is handed over in the run', () => {
  const WAYS = [
    ['wifi-improv', "{mode: improv, ssid: Lab, password: 'env:X'}"],
    ['wifi-console', "{mode: console, ssid: Lab, password: 'env:X'}"],
    ['wifi-protocomm', "{mode: portal, ssid: Lab, password: 'env:X'}"],
  ] as const;

  it.each(WAYS)('%s joins, and the attempt keeps mode, result and address', async (application, wifi) => {
    const { board, result } = await run(wifi, NETWORKS, application);
    expect(result, JSON.stringify(result)).toMatchObject({ ok: true });
    const stored = readStoredWifi(board.flash);
    expect([stored.network, stored.item('wifi_ssid')]).toEqual([undefined, undefined]);
    const { mode } = /mode: (?<mode>\w+)/.exec(wifi)?.groups ?? {};
    const online = {
      mode,
      result: 'joined',
      ssid: 'Lab',
      proof: 'firmware',
      address: mode === 'improv' ? 'board-a4cf12345678.local' : '192.168.77.130',
    };
    expect(result.ok && [result.wifi, result.stagesMs.join !== undefined]).toEqual([online, true]);
    const [attempt] = (await flow.registry.show({ mac: MAC })).attempts;
    expect(attempt).toMatchObject({ outcome: 'passed', wifi: online });
  });

  const OTHER: VirtualWifi = { networks: [{ ssid: 'Lab', password: 'other-secret' }] };
  const NONE: VirtualWifi = { networks: [] };
  it.each([
    ['wifi-improv', 'a wrong password', OTHER, 'failed', /could not join "Lab" \(wrong password: the 4-way/],
    ['wifi-improv', 'a refusal', { ...NETWORKS, fault: 'rejects' }, 'failed', /refused the network/],
    [
      'wifi-improv',
      'a board that leaves',
      { ...NETWORKS, fault: 'closes' },
      'unproven',
      /did not say how it went/,
    ],
    ['wifi-improv', 'silence', { ...NETWORKS, fault: 'silent' }, 'unproven', /did not say how it went/],
    ['wifi-console', 'a wrong password', OTHER, 'failed', /could not join "Lab" \(wrong \S+: the 4-way/],
    ['wifi-console', 'no such network', NONE, 'failed', /could not join "Lab" \(no such network/],
    ['wifi-console', 'a refusal', { ...NETWORKS, fault: 'rejects' }, 'failed', /complained/],
    ['wifi-protocomm', 'a wrong password', OTHER, 'failed', /could not join "Lab" \(auth/],
    ['wifi-protocomm', 'no such network', NONE, 'failed', /no such network/],
    ['wifi-protocomm', 'silence', { ...NETWORKS, fault: 'silent' }, 'unproven', /did not say how it went/],
  ] as const)('%s fails with %s and is never passed', async (application, _, air, outcome, message) => {
    const wifi = WAYS.find(([name]) => name === application)?.[1] ?? '';
    const { result } = await run(wifi.replace(/}$/, ', join: {timeoutMs: 2000}}'), air, application);
    expect(result).toMatchObject({ ok: false, stage: 'join' });
    expect(result.ok ? '' : result.message).toMatch(message);
    const [attempt] = (await flow.registry.show({ mac: MAC })).attempts;
    expect(attempt).toMatchObject({ outcome: 'failed', stage: 'join', wifi: { result: outcome } });
    expect(attempt?.log?.join('\n')).not.toContain(CANARY);
  });

  it.each(['slow', 'drops'] as const)('waits for a board that is %s', async (fault) => {
    const wifi = WAYS[0][1].replace(/}$/, ', join: {timeoutMs: 6000}}');
    const { result } = await run(wifi, { ...NETWORKS, fault }, 'wifi-improv');
    expect(result, JSON.stringify(result)).toMatchObject({ ok: true, wifi: { result: 'joined' } });
  });

  it('fails where the board speaks nothing of the kind', async () => {
    const deaf = await run("{mode: improv, ssid: Lab, password: 'env:X'}", NETWORKS, 'stock');
    expect(deaf.result).toMatchObject({ ok: false, stage: 'join', code: 'WIFI_NO_ANSWER' });
  });

  it.each([
    ['{mode: improv}', /needs it/],
    ['{mode: console, ssid: Lab, improv: {}}', /improv/],
    ["{mode: console, ssid: Lab, console: {preset: zc, script: {steps: [{send: ''}]}}}", /not both/],
    ["{mode: console, ssid: Lab, console: {script: {steps: [{expect: ['(?=a)']}]}}}", /look-around/],
    ['{mode: portal, ssid: Lab, portal: {security: 2}}', /security 2/],
    ['{mode: improv, ssid: Lab, target: both}', /target/],
  ])('refuses what cannot be: %s', (wifi, message) => {
    expect(() => parseProfile(`name: x\nwifi: ${wifi}`, 'p')).toThrow(message);
  });

  it('checks what each way carries before any port is opened', async () => {
    const plan = (wifi: string, password: string): Promise<unknown> =>
      buildPlan(parseProfile(`name: x\ncaUrl: https://ca.example.com\nwifi: ${wifi}`, 'p'), {}, () =>
        Promise.resolve(password),
      );
    const raw = 'ab'.repeat(32);
    await expect(plan("{mode: portal, ssid: Lab, password: 'env:X'}", raw)).rejects.toThrow(/takes 63/);
    const script = "{script: {steps: [{send: 'x {{nobody}}'}]}}";
    await expect(plan(`{mode: console, ssid: Lab, console: ${script}}`, '')).rejects.toThrow(/nobody/);
    const sealed = "{mode: smartconfig, smartconfig: {key: 'env:K'}}";
    await expect(plan(sealed, 'é'.repeat(16))).rejects.toThrow(/32 bytes/);
    expect(await plan("{mode: improv, ssid: Lab, password: 'env:X'}", raw)).toBeDefined();
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

describe('a network from the access point or over the air, in the run', () => {
  const PATIENT = { timeout: 20_000 };
  const actionsOf = (events: readonly ProvisionEvent[]): string[] =>
    events.flatMap((event) => (event.type === 'action' ? [event.action] : []));
  const planOf = (wifi: string, changes: PlanChanges = {}): Promise<ProvisionPlan> =>
    buildPlan(
      parseProfile(`name: x\ncaUrl: https://ca.example.com\npolicy: {attempts: 1}\nwifi: ${wifi}`, 'p'),
      changes,
      (reference) => Promise.resolve(reference === 'env:K' ? 'sixteen-letters!' : CANARY),
    );
  const plug = (mac = MAC, air = NETWORKS): VirtualBoard =>
    flow.plug({ application: 'wifi', wifi: air, partitionTable: 'stock', mac: parseMac(mac) });
  const airOf = (...boards: VirtualBoard[]): ProvisionParts['airOf'] => {
    const network = { interfaceName: 'virtual', address: '192.168.77.2', broadcast: '192.168.77.255' };
    const air = new SharedAir({
      open: openVirtualAir(() => boards),
      network: () => Promise.resolve({ ...network, bssid: '02:00:00:00:00:01' }),
      pace: { packetMs: 1, firstMs: 0, guideMs: 20, dataMs: 200, listenMs: 0 },
    });
    return () => air;
  };

  it('waits for the button of the access point, and says so', async () => {
    const board = plug();
    const events: ProvisionEvent[] = [];
    const plan = await planOf('{mode: wps, wps: {method: button}, join: {}}');
    const running = flow.run(board, { plan, airOf: airOf(), onEvent: (event) => events.push(event) });
    await expect.poll(() => actionsOf(events), PATIENT).toEqual(['wps-button']);
    expect(events.find(({ type }) => type === 'action')).toMatchObject({ withinMs: 120_000 });
    // The operator is asked before the firmware, which has just been reset, is in WPS mode.
    await expect.poll(() => board.radio.wps, PATIENT).toBe('button');
    board.radio.pressWps(undefined, { ssid: 'Lab', password: CANARY });
    expect(await running).toMatchObject({
      ok: true,
      wifi: { mode: 'wps', result: 'joined', ssid: 'Lab', proof: 'log', address: '192.168.77.130' },
    });
  });

  it('a window that nobody uses is over, is told as unproven, and is not opened again by itself', async () => {
    const plan = await planOf('{mode: wps, wps: {method: button}, join: {timeoutMs: 1000}}');
    const result = await flow.run(plug(), { plan: { ...plan, attempts: 3 }, airOf: airOf() });
    expect(result).toMatchObject({ ok: false, stage: 'join', code: 'WPS_WINDOW_OVER', retryable: true });
    const { attempts } = await flow.registry.show({ mac: MAC });
    expect(attempts.map(({ wifi }) => wifi)).toEqual([
      {
        mode: 'wps',
        result: 'unproven',
        ssid: undefined,
        reason: 'the WPS window of 1 s ended without a connection',
      },
    ]);
  });

  it('an exchange that the access point ends fails the board, and the attempt keeps why', async () => {
    const board = plug();
    const plan = await planOf('{mode: wps, wps: {method: button}, join: {}}');
    const running = flow.run(board, { plan, airOf: airOf() });
    await expect.poll(() => board.radio.wps, PATIENT).toBe('button');
    board.radio.pressWps('12345670', { ssid: 'Lab', password: CANARY });
    const result = await running;
    const reason = 'WPS: the access point ended the exchange';
    expect(result).toMatchObject({ ok: false, stage: 'join', code: 'WIFI_JOIN_FAILED', wifi: { reason } });
    expect(result.ok ? '' : result.message).toContain(`could not join the network (${reason})`);
    const { attempts } = await flow.registry.show({ mac: MAC });
    expect(attempts[0]?.wifi).toMatchObject({ mode: 'wps', result: 'failed', reason });
  });

  it('boards that wait for the button have it one after the other', async () => {
    const boards = ['a4:cf:12:34:56:01', 'a4:cf:12:34:56:02'].map((mac) => plug(mac));
    const plan = await planOf('{mode: wps, wps: {method: button}, join: {}}');
    const events: ProvisionEvent[] = [];
    const air = airOf();
    const runs = boards.map((board) =>
      flow.run(board, { plan, airOf: air, onEvent: (event) => events.push(event) }),
    );
    for (const board of boards) {
      await expect.poll(() => board.radio.wps, PATIENT).toBe('button');
      expect(boards.filter(({ radio }) => radio.wps !== undefined)).toEqual([board]);
      board.radio.pressWps(undefined, { ssid: 'Lab', password: CANARY });
      await runs[boards.indexOf(board)];
    }
    expect((await Promise.all(runs)).map(({ ok }) => ok)).toEqual([true, true]);
    expect(actionsOf(events)).toEqual(['wps-turn', 'wps-button', 'wps-button']);
  });

  it('tells the PIN of each board to the access point by its own command, and to nobody else', async () => {
    const board = plug();
    const portal = await servePortal(board, { host: '127.0.0.1', port: 0 });
    const call = `fetch('${portal.url}/'+fs.readFileSync(0,'utf8').trim(),{method:'POST',body:'Lab'}).then(r=>r.text()).then(console.log)`;
    const wpsHook = { start: [process.execPath, '-e', call], input: 'wps_pin/{{pin}}' };
    const plan = await planOf('{mode: wps, join: {timeoutMs: 20000}}', { wpsHook });
    const events: ProvisionEvent[] = [];
    const result = await flow.run(board, { plan, airOf: airOf(), onEvent: (event) => events.push(event) });
    await portal.close();
    expect(result, JSON.stringify(result)).toMatchObject({
      ok: true,
      wifi: { mode: 'wps', result: 'joined' },
    });
    expect(actionsOf(events)).toEqual(['wps-window']);
    const pin = deviceWpsPin(parsePsk(readStoredWifi(board.flash).item('psk_secret')?.value ?? ''));
    expect(JSON.stringify(events)).not.toContain(pin);
    await expect(planOf('{mode: wps, join: {}}')).rejects.toThrow(/--wps-hook/);
    await expect(planOf('{mode: wps, wps: {method: button}, join: {}}', { wpsHook })).rejects.toThrow(/PIN/);
  });

  it.each([
    ['v1', ''],
    ['v2', ''],
    ['v2', ", key: 'env:K'"],
  ] as const)('one sender brings several boards onto the network by %s%s', async (protocol, key) => {
    const macs = ['a4:cf:12:34:56:01', 'a4:cf:12:34:56:02', 'a4:cf:12:34:56:03'];
    const boards = macs.map((mac) => plug(mac));
    const events: ProvisionEvent[] = [];
    const plan = await planOf(
      `{mode: smartconfig, ssid: Lab, password: 'env:X', smartconfig: {protocol: ${protocol}${key}}}`,
    );
    const air = airOf(...boards);
    const results = await Promise.all(
      boards.map((board) => flow.run(board, { plan, airOf: air, onEvent: (event) => events.push(event) })),
    );
    expect(results, JSON.stringify(results)).toMatchObject(
      macs.map((mac, at) => ({
        ok: true,
        mac,
        wifi: { mode: 'smartconfig', result: 'joined', address: `192.168.77.${11 + at}` },
      })),
    );
    expect(events.filter(({ type }) => type === 'warning')).toHaveLength(key === '' ? 3 : 0);
    expect(JSON.stringify(events)).not.toContain(CANARY);
    for (const board of boards) expect(readStoredWifi(board.flash).network).toBeUndefined();
  });

  it('a wrong password shows in the log, and silence with its likely causes', async () => {
    const wrong = plug('a4:cf:12:34:56:01', { networks: [{ ssid: 'Lab', password: 'other-password' }] });
    const deaf = plug('a4:cf:12:34:56:02', { ...NETWORKS, fault: 'silent' });
    const plan = await planOf("{mode: smartconfig, ssid: Lab, password: 'env:X', join: {timeoutMs: 3000}}");
    const air = airOf(wrong, deaf);
    const [refused, silent] = await Promise.all(
      [wrong, deaf].map((board) => flow.run(board, { plan, airOf: air })),
    );
    expect(refused).toMatchObject({ ok: false, stage: 'join', code: 'WIFI_JOIN_FAILED' });
    expect(silent).toMatchObject({ ok: false, stage: 'join', code: 'SMARTCONFIG_NO_ACKNOWLEDGEMENT' });
    expect(silent?.ok === false && silent.message).toMatch(/heard no packet/);
    const { attempts } = await flow.registry.show({ mac: 'a4:cf:12:34:56:02' });
    expect(attempts[0]?.wifi).toMatchObject({ mode: 'smartconfig', result: 'unproven' });
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
    ['{mode: wps, ssid: Lab}', /has no place in mode wps/],
    ["{mode: portal, password: 'env:X'}", /no place without an ssid/],
    ['{mode: static}', /ssid/],
    ['{mode: wps, portal: {}}', /belongs to mode portal/],
    ['{mode: smartconfig, join: {}}', /cannot be proven in mode smartconfig/],
    ['{mode: smartconfig, ssid: Lab, smartconfig: {protocol: airkiss}}', /AirKiss/],
    ['{mode: smartconfig, smartconfig: {bssid: 02:00:00:00:00:01}}', /names an access point/],
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
