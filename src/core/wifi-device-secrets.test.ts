// Secrets of one device: of its key, not of its MAC, and the same again for the same key.
import { describe, expect, it } from 'vitest';
import { generatePsk } from './psk.js';
import { deviceProof, deviceVerifier, deviceWpsPin } from './wifi-device-secrets.js';
import { parseWpsPin } from './wps-pin.js';

describe("a device's Wi-Fi secrets", () => {
  const keys = Array.from({ length: 500 }, generatePsk);

  it('differ from device to device, and are the same again for the same key', () => {
    expect(new Set(keys.map(deviceProof)).size).toBe(keys.length);
    for (const key of keys) {
      expect(deviceProof(key)).toMatch(/^[a-km-z2-9]{16}$/);
      expect(deviceProof(key)).toBe(deviceProof(key));
      expect(key).not.toContain(deviceProof(key));
      expect(parseWpsPin(deviceWpsPin(key))).toBe(deviceWpsPin(key));
    }
    expect(new Set(keys.map(deviceWpsPin)).size).toBeGreaterThan(keys.length - 3);
  });

  it('of security 2 are the same salt and verifier again, the salt without a leading zero', () => {
    const [key] = keys;
    const first = deviceVerifier(key!, 'wifiprov');
    expect(deviceVerifier(key!, 'wifiprov')).toEqual(first);
    expect([first.salt.length, first.verifier.length, first.salt[0] === 0]).toEqual([16, 384, false]);
  });
});
