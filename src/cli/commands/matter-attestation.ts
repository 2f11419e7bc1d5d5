// The attestation of Matter devices as files: where those of each device lie, and whether they belong together.
import { createECDH, X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { EspmintError } from '../../core/errors/index.js';
import { invalidInput } from '../../core/errors/index.js';
import { codeOf, readBytes, unreadable } from '../../files/index.js';

/** Files of one device, as esp-matter-mfg-tool names them below `internal`; those of all of them beside. */
const OWN_FILES = {
  dac_cert: 'DAC_cert.der',
  dac_key: 'DAC_private_key.bin',
  dac_pub_key: 'DAC_public_key.bin',
  pai_cert: 'PAI_cert.der',
} as const;
const DECLARATION = 'CD.der';
/** Matter Core 1.0, 6.2.2: at most 600 bytes a certificate; room for a long one. */
const MOST_BYTES = 4096;

/**
 * Paths by column, for each device below a folder. A device whose key is not that of its certificate could never be
 * commissioned, so such files are refused here.
 *
 * @throws FILE_UNREADABLE, INPUT_INVALID
 */
export async function attestationOf(folder: string): Promise<Readonly<Record<string, string>>[]> {
  const shared = await namesIn(folder);
  const devices: Readonly<Record<string, string>>[] = [];
  for (const name of [...shared].sort()) {
    for (const home of [join(folder, name, 'internal'), join(folder, name)]) {
      const there = await namesIn(home, ['ENOTDIR', 'ENOENT']);
      if (!Object.values(OWN_FILES).every((file) => there.has(file))) continue;
      const declaration = there.has(DECLARATION) ? home : folder;
      if (declaration === folder && !shared.has(DECLARATION)) {
        throw invalidInput(
          '--attestation',
          `has no ${DECLARATION} for ${name}`,
          `put the certification declaration into ${folder} as ${DECLARATION}`,
        );
      }
      await requireOneDevice(home);
      const own = Object.entries(OWN_FILES).map(([column, file]) => [column, resolve(home, file)] as const);
      devices.push(Object.fromEntries([...own, ['cert_dclrn', resolve(declaration, DECLARATION)] as const]));
      break;
    }
  }
  if (devices.length > 0) return devices;
  throw invalidInput(
    '--attestation',
    `has no folder with ${Object.values(OWN_FILES).join(', ')}`,
    'name the folder in which the certificate authority, or esp-matter-mfg-tool, has put one folder for each device',
  );
}

/** @throws FILE_UNREADABLE, INPUT_INVALID */
async function requireOneDevice(home: string): Promise<void> {
  const bytesOf = (file: string): Promise<Uint8Array> => readBytes(join(home, file), MOST_BYTES);
  const key = await bytesOf(OWN_FILES.dac_key);
  const publicKey = Buffer.from(await bytesOf(OWN_FILES.dac_pub_key));
  const device = certificateIn(home, OWN_FILES.dac_cert, await bytesOf(OWN_FILES.dac_cert));
  const issuer = certificateIn(home, OWN_FILES.pai_cert, await bytesOf(OWN_FILES.pai_cert));
  if (key.length !== 32)
    throw refusal(home, OWN_FILES.dac_key, `has ${key.length} bytes, and a private key of P-256 has 32`);
  if (publicKey.length !== 65 || publicKey[0] !== 4)
    throw refusal(home, OWN_FILES.dac_pub_key, 'is no public key of P-256: 65 bytes that begin with 04');
  if (!publicKeyOf(key)?.equals(publicKey))
    throw refusal(home, OWN_FILES.dac_key, `does not belong to ${OWN_FILES.dac_pub_key}`);
  if (!device.publicKey.export({ format: 'der', type: 'spki' }).subarray(-65).equals(publicKey))
    throw refusal(home, OWN_FILES.dac_cert, `is for another key than ${OWN_FILES.dac_pub_key}`);
  if (!device.verify(issuer.publicKey))
    throw refusal(home, OWN_FILES.dac_cert, `was not signed by ${OWN_FILES.pai_cert}`);
}

/** Undefined where the bytes are no key: zero, or beyond the order of the curve. */
function publicKeyOf(key: Uint8Array): Buffer | undefined {
  const curve = createECDH('prime256v1');
  try {
    curve.setPrivateKey(key);
  } catch {
    return undefined;
  }
  return curve.getPublicKey();
}

function certificateIn(home: string, file: string, bytes: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch {
    throw refusal(home, file, 'is no certificate');
  }
}

function refusal(home: string, file: string, reason: string): EspmintError {
  const hint = 'take the files of this device anew from the certificate authority';
  return invalidInput(join(home, file), reason, hint);
}

/** @param passOver faults of who is no folder */
async function namesIn(folder: string, passOver: readonly string[] = []): Promise<Set<string>> {
  try {
    return new Set(await readdir(folder));
  } catch (error) {
    if (passOver.includes(codeOf(error) ?? '')) return new Set();
    throw unreadable(folder, error);
  }
}
