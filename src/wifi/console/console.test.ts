// Console steps: quoting, echoes that are no answers, failures, deadlines, captured numbers, and a virtual console.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { plugIn } from '../../../test/support/plug-in.js';
import { scriptedLink, type ScriptedLink } from '../../../test/support/scripted-link.js';
import type { VirtualBoard, WifiFault } from '../../virtual/index.js';
import { splitArguments } from '../../virtual/firmware/wifi/console-device.js';
import { findWay } from '../find-way.js';
import { CONSOLE_PRESETS } from './presets.js';
import { quoteArgument } from './quote.js';
import { runScript, type StepResult } from './run-script.js';
import { fillCommand, type ConsoleStep } from './script.js';

const CANARY = 'c4nary "pass\\word"';
const values = (password = CANARY): Parameters<typeof fillCommand>[1] => ({
  ssid: { text: 'My "Net"' },
  password: { text: password, secret: true },
});
const answering = (answer: (command: string) => string): ScriptedLink =>
  scriptedLink((bytes) => {
    const text = answer(new TextDecoder().decode(bytes));
    return text === '' ? [] : [new TextEncoder().encode(text)];
  });
const run = (link: ScriptedLink, ...steps: ConsoleStep[]): Promise<StepResult[]> =>
  runScript(link, { steps: steps.map((step) => ({ timeoutMs: 400, ...step })) }, { values: values() });

describe('a command with values', () => {
  it('is read back by an esp_console exactly as it was meant, whatever stands in it', () => {
    const printable = fc.string({ unit: fc.constantFrom(...' "\\aé\'{}$|;`#') });
    fc.assert(
      fc.property(printable, printable, (ssid, password) => {
        const line = fillCommand('join {{ssid}} {{password}}', {
          ssid: { text: ssid },
          password: { text: password },
        });
        expect(splitArguments(line)).toEqual(['join', ssid, password]);
      }),
    );
    expect(quoteArgument('a "b" \\c')).toBe('"a \\"b\\" \\\\c"');
  });

  it('leaves a part out whose value is empty', () => {
    const open = fillCommand('wifi_config -s {{ssid}} [[-p {{password}}]]', values(''));
    expect(open).toBe('wifi_config -s "My \\"Net\\""');
  });

  it.each(['a\nreboot', 'a\rb', 'a\u0000', 'a\u001b[A', 'a\u0085'])(
    'refuses control characters: %j',
    (text) => {
      expect(() => fillCommand('x {{ssid}}', { ssid: { text } })).toThrow(/control character/);
    },
  );

  it('refuses what does not fit into a line, and a value that nobody gave', () => {
    expect(() => fillCommand('x {{ssid}}', { ssid: { text: 'y'.repeat(260) } })).toThrow(/takes 255/);
    expect(() => fillCommand('x {{nobody}}', values())).toThrow(/nobody/);
  });
});

describe('a step', () => {
  it.each([
    ['as it was sent', 'esp> restart\r\n'],
    ['without a prompt', 'restart\r\n'],
    ['redrawn letter by letter', '\resp> r\u001b[0K\resp> re\u001b[0K\resp> restart\u001b[0K\r\n'],
    ['cut in two by a log line', 'esp> resI (12) wifi: scan\r\ntart\r\n'],
    ['twice', 'esp> restart\r\nesp> restart\r\n'],
  ])('never takes its own echo for an answer: %s', async (_, echo) => {
    const link = answering(() => echo);
    const step = run(link, { send: 'restart', expect: ['restart|tart|res\\b'] });
    await expect(step).rejects.toMatchObject({ code: 'WIFI_STEP_TIMEOUT' });
  });

  it('takes a line that only begins with the command, behind the echo', async () => {
    const [result] = await run(
      answering(() => 'esp> restart\r\nRestarting now\r\n'),
      { send: 'restart', expect: ['restart'] },
    );
    expect(result!.line).toBe('Restarting now');
  });

  it('captures numbers and holds them against limits', async () => {
    const link = answering(() => 'adc\r\nADC: 1873 mV\r\n');
    const step = { send: 'adc', expect: ['ADC: (?<mv>\\d+) mV'] };
    const [result] = await run(link, { ...step, limits: { mv: { min: 1800, max: 1900 } } });
    expect(result!.captured).toEqual({ mv: '1873' });
    const low = run(link, { ...step, limits: { mv: { min: 1900 } } });
    await expect(low).rejects.toThrow(/mv is 1873, and must be at least 1900/);
  });

  it('fails at a complaint of the console, at its own pattern, and at its own deadline', async () => {
    const code = (answer: string, step: ConsoleStep = {}): Promise<unknown> =>
      run(
        answering(() => answer),
        { send: 'x', expect: ['done'], ...step },
      ).catch((error: unknown) => (error as { code: string }).code);
    expect(await code('x\r\nUnrecognized command\r\n')).toBe('WIFI_STEP_FAILED');
    expect(await code('x\r\nCommand returned non-zero error code: 0x1 (ERROR)\r\n')).toBe('WIFI_STEP_FAILED');
    expect(await code('x\r\nno such thing\r\n', { fail: ['no such'] })).toBe('WIFI_STEP_FAILED');
    expect(await code('')).toBe('WIFI_STEP_TIMEOUT');
  });

  it('without expectation ends with the prompt', async () => {
    const [result] = await run(
      answering(() => 'esp> x\r\nesp> '),
      { send: 'x' },
    );
    expect(result!.line).toBe('esp>');
  });

  it('shows no secret, quoted or not, in lines, errors and results', async () => {
    const shown: string[] = [];
    const quoted = quoteArgument(CANARY);
    const link = answering(
      () =>
        `esp> set -p ${quoted}\r\nI (1) app: got ${CANARY}\r\nsaved ${quoted} as ${Buffer.from(CANARY).toString('hex')}\r\n`,
    );
    const steps = [{ send: 'set -p {{password}}', expect: ['saved'], timeoutMs: 400 }];
    const options = { values: values(), onLine: (line: string) => shown.push(line) };
    shown.push(JSON.stringify(await runScript(link, { steps }, options)));
    const failing = [{ send: 'set -p {{password}}', expect: ['nothing'], timeoutMs: 300 }];
    shown.push(String(await runScript(link, { steps: failing }, options).catch((error: unknown) => error)));
    expect(shown.join('\n')).toContain('********');
    for (const form of [CANARY, quoted.slice(1, -1), Buffer.from(CANARY).toString('hex'), 'c4nary']) {
      expect(shown.join('\n')).not.toContain(form);
    }
  });

  it.each([
    [{ expect: ['(?=a)b'] }, /look-around/],
    [{ fail: ['(a)\\1'] }, /back-references/],
    [{ expect: ['(?:a?){999}a{999}'] }, /repeat less/],
  ])('with a pattern that could take for ever is refused before a byte is sent: %j', async (step, reason) => {
    const link = answering(() => '');
    await expect(run(link, { send: 'x', ...step })).rejects.toThrow(reason);
    expect(link.written).toEqual([]);
  });

  it('ends on a line that was made to stop it', async () => {
    // Each takes longer than the age of the world in an engine that goes back and tries again.
    const hostile = `${'a'.repeat(4_000)}!`;
    const link = answering(() => `${hostile}\r\nOK\r\n> `);
    const [result] = await run(link, {
      send: 'x',
      expect: ['(a+)+$', '(a|aa)+$', '^ok$'],
      fail: ['([a-z]+)*\\d$', '(.*)*=.*;'],
      timeoutMs: 20_000,
    });
    expect(result?.line).toBe('OK');
  });

  it('checks all steps before the first byte is sent', async () => {
    const link = answering(() => '');
    const steps = [{ send: 'one' }, { send: 'two {{nobody}}' }];
    await expect(runScript(link, { steps }, { values: values() })).rejects.toMatchObject({
      code: 'WIFI_CONSOLE_SCRIPT_INVALID',
    });
    expect(link.written).toEqual([]);
  });
});

describe('finding out what a board speaks', () => {
  it('sends no packet to a console, which would take one of its bytes for Ctrl-C and end', async () => {
    let isOver = false;
    const link = answering((command) => {
      isOver ||= command.includes('\u0003');
      if (isOver) return '';
      if (command.trim() === 'help')
        return 'help\r\nhelp\r\n  Print\r\n\r\njoin  <ssid> [<pass>]\r\n\r\nesp> ';
      return `${command}\r\n${/proto/.test(command) ? 'Unrecognized command\r\n' : ''}esp> `;
    });
    expect(await findWay(link)).toEqual({ way: 'console', preset: 'join' });
    expect(isOver).toBe(false);
  });

  it('asks nothing of a board that has no firmware', async () => {
    const link = answering(() => '');
    link.say(
      'rst:0x10 (RTCWDT_RTC_RESET),boot:0x13\r\ninvalid header: 0xffffffff\r\ninvalid header: 0xffffffff\r\n',
    );
    expect(await findWay(link)).toBeUndefined();
    expect(link.written).toEqual([]);
  });
});

describe('the preset zc on a virtual console', () => {
  let virtual: VirtualBoard | undefined;
  afterEach(() => virtual?.dispose());

  async function preset(password: string, fault?: WifiFault): Promise<StepResult[]> {
    const plugged = await plugIn({ application: 'wifi-console', wifi: { ...(fault && { fault }) } });
    virtual = plugged.virtual;
    const steps = CONSOLE_PRESETS.zc.steps.map((step) => ({ ...step, timeoutMs: 1_500 }));
    const given = { ssid: { text: 'Lab' }, password: { text: password, secret: true } };
    return runScript(plugged.link, { ...CONSOLE_PRESETS.zc, steps }, { values: given });
  }

  it('brings the board onto the network', async () => {
    const results = await preset('lab-password');
    expect(results.at(-1)!.captured).toEqual({ ip: '192.168.77.130' });
  });

  it('fails with a wrong password, and where the firmware refuses', async () => {
    await expect(preset('wrong-password')).rejects.toMatchObject({ code: 'WIFI_STEP_FAILED' });
    virtual?.dispose();
    await expect(preset('lab-password', 'rejects')).rejects.toMatchObject({ code: 'WIFI_STEP_FAILED' });
    virtual?.dispose();
    await expect(preset('lab-password', 'silent')).resolves.toBeDefined();
  });
});
