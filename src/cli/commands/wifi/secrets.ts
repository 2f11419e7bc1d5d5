// `espmint wifi pin`, `verifier` and `label-text`: what a device's label and its NVS need.
import { Command, Option } from 'commander';
import { invalidInput } from '../../../core/errors/index.js';
import { makeVerifier } from '../../../core/srp.js';
import { qrPayload, randomProof } from '../../../core/wifi-label.js';
import { parseWpsPin, randomWpsPin } from '../../../core/wps-pin.js';
import { readSecretFile } from '../../../files/index.js';
import { jsonLine, type CliIo } from '../../io.js';
import { PROOF_VARIABLE, readProof } from './credentials.js';

export function pinCommand(io: CliIo): Command {
  return new Command('pin')
    .description('make a random WPS PIN with its checksum digit, or check one')
    .option('--check-file <path>', 'file with a PIN to check instead')
    .action(async ({ checkFile }: { checkFile?: string }) => {
      if (checkFile === undefined) io.stdout(`${randomWpsPin()}\n`);
      else {
        parseWpsPin(await readSecretFile(checkFile));
        io.stdout('the PIN is valid\n');
      }
    });
}

interface VerifierOptions {
  readonly popFile?: string;
  readonly username: string;
}

export function verifierCommand(io: CliIo): Command {
  return new Command('verifier')
    .description(
      'make salt and verifier of security 2, which stand in the device instead of its proof of possession',
    )
    .option('--pop-file <path>', `file with the proof (or ${PROOF_VARIABLE})`)
    .option('--username <name>', 'user name', 'wifiprov')
    .action(async ({ popFile, username }: VerifierOptions) => {
      const proof = await requireProof(io, popFile);
      const { salt, verifier } = makeVerifier(username, proof);
      io.stdout(jsonLine({ type: 'verifier', username, salt: hex(salt), verifier: hex(verifier) }));
    });
}

interface LabelOptions extends Partial<VerifierOptions> {
  readonly name: string;
  readonly transport: 'softap' | 'ble';
  readonly new?: boolean;
}

export function labelTextCommand(io: CliIo): Command {
  return new Command('label-text')
    .description("the text of the QR code on a label, as Espressif's phone apps read it")
    .requiredOption('--name <name>', "name of the device's access point, such as PROV_12AB34")
    .option('--pop-file <path>', `file with the proof (or ${PROOF_VARIABLE}); none: the device wants none`)
    .option('--new', 'make a random proof')
    .option('--username <name>', 'of security 2')
    .addOption(
      new Option('--transport <kind>', 'how a phone reaches it').choices(['softap', 'ble']).default('softap'),
    )
    .action(async (options: LabelOptions) => {
      const { name, transport, username } = options;
      if (name.trim() === '')
        throw invalidInput('--name', 'is empty', "give the name of the device's access point");
      const proof = options.new === true ? randomProof() : await readProof(io, options.popFile);
      io.stdout(`${qrPayload({ name, transport, proof, username })}\n`);
    });
}

async function requireProof(io: CliIo, file: string | undefined): Promise<string> {
  const proof = await readProof(io, file);
  if (proof !== undefined) return proof;
  throw invalidInput('The proof of possession', 'is missing', `give --pop-file, or ${PROOF_VARIABLE}`);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
