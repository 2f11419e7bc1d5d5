// What a command knows to be secret before it does anything.
import { describe, expect, it } from 'vitest';
import { secretsOf } from './known-secrets.js';

describe('the secrets of a command', () => {
  it('are those of its environment, and the passwords in its URLs', () => {
    const env = {
      PGPASSWORD: 'database-pass',
      ESPMINT_MASTER_KEY: 'ab'.repeat(32),
      ESPMINT_MASTER_KEY_FILE: '/etc/espmint/master.key',
      ESPMINT_PUSH_HOOK: 'https://h/token-in-path',
      LINE_WIFI_PASSWORD: 'wifi-pass-1',
      ESPMINT_DATABASE_URL: 'postgresql://line:p%40ss-word@db/espmint',
      LANG: 'de_DE',
      // Paths, which messages name.
      PWD: '/home/anna/boards',
      OLDPWD: '/home/anna',
      SSH_ASKPASS: '/usr/bin/ksshaskpass',
    };
    expect(
      secretsOf(env, ['--database-url', 'postgresql://a:other-pass@h/x', '--port', '/dev/ttyUSB0']).sort(),
    ).toEqual(
      [
        'ab'.repeat(32),
        'database-pass',
        'https://h/token-in-path',
        'other-pass',
        'other-pass',
        'p%40ss-word',
        'p@ss-word',
        'wifi-pass-1',
      ].sort(),
    );
  });
});
