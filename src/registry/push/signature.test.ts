import { describe, expect, it } from 'vitest';
import { makeSigningSecret, parseSigningSecret, signatureHeaders } from './signature.js';

describe('a signature', () => {
  it("is that of the specification's reference libraries", () => {
    // The example in the tests of the standard-webhooks and svix libraries, in all their languages.
    const secret = parseSigningSecret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      at: new Date(1_614_265_330_000),
      body: '{"test": 2432232314}',
    };
    expect(signatureHeaders(secret, message)).toEqual({
      'webhook-id': message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('has secrets that are made fresh and read back', () => {
    const [one, two] = [makeSigningSecret(), makeSigningSecret()];
    expect(one).not.toBe(two);
    expect(parseSigningSecret(one)).toHaveLength(32);
  });

  it.each([
    '',
    'whsec_',
    'whsec_dG9vIHNob3J0',
    'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'whsec_no base64, and not short',
  ])('refuses "%s" as a secret without repeating it', (text) => {
    let message = '';
    try {
      parseSigningSecret(text);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('The signing secret');
    if (text.length > 8) expect(message).not.toContain(text.slice(6));
  });
});
