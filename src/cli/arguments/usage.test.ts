// A slip on the command line: one sentence that says what was meant, with a code and exit 2.
import { describe, expect, it } from 'vitest';
import { runInProcess } from '../../../test/support/cli-in-process.js';

describe('a command line that is not understood', () => {
  it.each([
    ['provison --port x', '"provison" is no command of espmint; did you mean "espmint provision"?'],
    ['nvs generat', '"generat" is no command of espmint nvs; did you mean "espmint nvs generate"?'],
    ['help provison', 'did you mean "espmint help provision" or'],
    ['provision --prot x', '--prot is no option of espmint provision; did you mean "--port"?'],
    ['provision --port x --wifi-sid Lab', '--wifi-sid is no option of espmint provision; did you mean'],
    ['provision --port x --wifi-password y', 'did you mean "--wifi-password-file"?'],
    ['provision', '--port is missing; give --port <address>; "espmint ports" lists them;'],
    [
      'firmware add x --version 1',
      '--version is no option of espmint firmware add; did you mean "--bundle-version"?',
    ],
    ['nvs generate -V', '-V is no option of espmint nvs generate;'],
    ['doctor --version', '--version is no option of espmint doctor;'],
    [
      'inspect nvs.bin',
      '--port is missing; give --port <address>; "espmint nvs inspect FILE" reads an image;',
    ],
    ['provision --port', '--port has no value; write --port <address>;'],
    ['provision --port x My Net', 'espmint provision takes no argument and was given 2;'],
    [
      'provision --port x --known kep',
      '--known has a value that it cannot have; choose keep, rotate, refuse or ask;',
    ],
    ['lists add bogus x', '<list> has a value that it cannot have; choose allow or deny;'],
    ['station teach --usb-id \u001b[31m\u202e', 'The USB id is "\ufffd[31m\ufffd"; give it as'],
    ['identity', '<mac> is missing; write espmint identity [options] <mac>;'],
    ['provision --port x --attempts 0', '--attempts is "0"; give a whole number from 1 to 10.'],
    ['devices list --data-dir= ', '--data-dir names no folder; give a folder, or leave it out.'],
    ['station --retries 1.5', '--retries is "1.5"; give a whole number of 0 or more.'],
  ])('%s', async (line, sentence) => {
    const run = await runInProcess(line.trim().split(' '));
    expect(run.stderr).toContain(sentence);
    expect(run.stderr).toMatch(/^espmint: [^\n]*\[INPUT_INVALID\]\n$/);
    expect(run).toMatchObject({ code: 2, stdout: '' });
  });

  it('is an error for programs too', async () => {
    const run = await runInProcess(['provision', '--prot', 'x', '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ type: 'error', code: 'INPUT_INVALID' });
  });

  it('never repeats what may be a secret', async () => {
    for (const line of ['provision --port x --wifi-password=canary-7', 'provision --port x canary-7']) {
      const run = await runInProcess([...line.split(' '), '--json']);
      expect(run.code).toBe(2);
      expect(run.stdout + run.stderr).not.toContain('canary-7');
    }
  });

  it('shows the commands where one is missing', async () => {
    const run = await runInProcess(['devices']);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('Usage: espmint devices');
  });
});
