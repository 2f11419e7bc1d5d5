// `espmint values matter`: the rows of a list of Matter devices: passcodes with their verifiers, and what their labels show.
import { createECDH, pbkdf2Sync, randomBytes, randomInt } from 'node:crypto';
import { Command } from 'commander';
import { invalidInput } from '../../core/errors/index.js';
import { isPasscode, manualCode, qrPayload, type SetupPayload } from '../../core/matter/setup-payload.js';
import { replaceFile } from '../../files/index.js';
import { countOption } from '../arguments/numbers.js';
import type { CliIo } from '../io.js';
import { attestationOf } from './matter-attestation.js';
import { counted, quotedCell } from '../../core/text.js';

/** Passcodes and private keys stand in it. */
const PRIVATE = 0o600;
const SALT_BYTES = 32;
const MOST_ROWS = 100_000;

interface Flags {
  readonly count?: number;
  readonly vendorId: number;
  readonly productId: number;
  readonly discovery: number;
  readonly flow: 0 | 1 | 2;
  readonly iterations: number;
  readonly attestation?: string;
  readonly out: string;
}

export function matterCommand(io: CliIo): Command {
  return new Command('matter')
    .description(
      'make the rows of a list of Matter devices: passcodes, verifiers, and codes for their labels',
    )
    .requiredOption('--vendor-id <id>', 'of the manufacturer, for example 0xFFF1', sixteenBits('--vendor-id'))
    .requiredOption('--product-id <id>', 'of the product', sixteenBits('--product-id'))
    .option('--count <n>', 'so many rows', countOption('--count', { min: 1, max: MOST_ROWS }))
    .option(
      '--attestation <folder>',
      'a row for each folder in it that has DAC_cert.der, DAC_private_key.bin, DAC_public_key.bin and PAI_cert.der, or an internal with them; CD.der is beside them or in FOLDER',
    )
    .option(
      '--discovery <sum>',
      '2 BLE, 4 network, 8 Wi-Fi PAF, 16 NFC, 32 Thread',
      countOption('--discovery', { min: 2, max: 62 }),
      2,
    )
    .option('--flow <n>', '0 standard, 1 user intent, 2 custom', countOption('--flow', { min: 0, max: 2 }), 0)
    .option(
      '--iterations <n>',
      'of PBKDF2, for the verifier',
      countOption('--iterations', { min: 1000, max: 100_000 }),
      10_000,
    )
    .requiredOption('--out <file>', 'the list; only its owner can read it')
    .action(async (flags: Flags) => {
      const files = flags.attestation === undefined ? undefined : await attestationOf(flags.attestation);
      const count = flags.count ?? files?.length;
      if (count === undefined || (files !== undefined && files.length < count)) {
        throw invalidInput(
          '--count',
          count === undefined
            ? 'is missing'
            : `is ${count}, and --attestation has ${files?.length ?? 0} devices`,
          'say how many rows there should be, or give the attestation of as many devices',
        );
      }
      await replaceFile(flags.out, rowsOf(flags, count, files), { mode: PRIVATE });
      io.stderr(
        `Wrote ${counted(count, 'row')} to ${flags.out}; import the file with espmint values import.\n`,
      );
    });
}

/** Parser for an option that is a number of 16 bits. @throws INPUT_INVALID naming the option */
const sixteenBits =
  (option: string) =>
  (text: string): number => {
    const value = /^(0x[0-9a-f]{1,4}|\d{1,5})$/i.test(text) ? Number(text) : Number.NaN;
    if (value <= 0xffff) return value;
    throw invalidInput(option, `is "${text}"`, 'give a number of 16 bits, for example 0xFFF1');
  };

function rowsOf(
  flags: Flags,
  count: number,
  files: readonly Readonly<Record<string, string>>[] | undefined,
): string {
  const passcodes = new Set<number>();
  while (passcodes.size < count) {
    const passcode = randomInt(1, 99_999_999);
    if (isPasscode(passcode)) passcodes.add(passcode);
  }
  const rows = [...passcodes].map((passcode, index) => ({
    ...commissioningRow({ ...flags, passcode, discriminator: randomInt(0, 0x1000) }, flags.iterations),
    ...files?.[index],
  }));
  const head = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) =>
    Object.values<string | number>(row).map((value) => quotedCell(String(value))),
  );
  return [head, ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

function commissioningRow(
  payload: SetupPayload,
  iterations: number,
): Readonly<Record<string, string | number>> {
  const { passcode, discriminator } = payload;
  const salt = randomBytes(SALT_BYTES);
  return {
    discriminator,
    passcode,
    iterations,
    salt: salt.toString('base64'),
    verifier: spake2pVerifier(passcode, salt, iterations).toString('base64'),
    qr_code: qrPayload(payload),
    manual_code: manualCode(payload),
  };
}

/** Order of the group of P-256 (FIPS 186-4, D.1.2.3). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const W_BYTES = 40;

/**
 * What a device keeps of its passcode: w0 and L = w1·G, uncompressed (Matter Core 1.0, 3.10).
 * @param passcode, @param iterations of PBKDF2 with HMAC-SHA-256
 */
export function spake2pVerifier(passcode: number, salt: Uint8Array, iterations: number): Buffer {
  const secret = Buffer.alloc(4);
  secret.writeUInt32LE(passcode);
  const ws = pbkdf2Sync(secret, salt, iterations, 2 * W_BYTES, 'sha256');
  const scalar = (bytes: Buffer): Buffer =>
    Buffer.from((BigInt(`0x${bytes.toString('hex')}`) % P256_ORDER).toString(16).padStart(64, '0'), 'hex');
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(scalar(ws.subarray(W_BYTES)));
  return Buffer.concat([scalar(ws.subarray(0, W_BYTES)), curve.getPublicKey()]);
}
