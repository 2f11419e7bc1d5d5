// The text in the QR code on a device's label, as Espressif's phone apps read it. Pure.

export interface QrContent {
  /** Name of the device's access point or BLE device, such as `PROV_12AB34`. */
  readonly name: string;
  readonly transport: 'softap' | 'ble';
  /** Absent: the device wants none. */
  readonly proof?: string | undefined;
  /** Of security 2. */
  readonly username?: string | undefined;
}

export function qrPayload({ name, transport, proof, username }: QrContent): string {
  return JSON.stringify({
    ver: 'v1',
    name,
    ...(username === undefined ? {} : { username }),
    ...(proof === undefined || proof === '' ? {} : { pop: proof }),
    transport,
  });
}

/** Letters and digits that nobody mistakes for one another on a label. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const PROOF_LETTERS = 16;

/** A proof of possession of its own for each device: 16 letters, 79 bits. */
export function randomProof(): string {
  const letters: string[] = [];
  while (letters.length < PROOF_LETTERS) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    // Without the bytes that would favour the first letters.
    if (byte < ALPHABET.length * 8) letters.push(ALPHABET.charAt(byte % ALPHABET.length));
  }
  return letters.join('');
}
