// `espmint verify`: the last look at a board before it leaves. It reads, compares, records, and changes nothing.
import { Command, Option } from 'commander';
import { EspmintError } from '../../core/errors/index.js';
import type { BoardCheck, ProvisionPlan } from '../../provision/index.js';
import { backendOption, BAUDS, traceOption } from '../arguments/board-options.js';
import { countOption } from '../arguments/numbers.js';
import {
  composeParts,
  connectorFor,
  dataDirOf,
  type BackendChoice,
  type ComposedParts,
} from '../compose/compose.js';
import { bundlesOf } from '../compose/firmware.js';
import { operatorOption, originOf, type OriginFlags } from '../compose/origin.js';
import type { CliIo, GlobalOptions } from '../io.js';
import { show } from '../output/show.js';
import { printable } from '../output/printable.js';

interface Options extends BackendChoice, OriginFlags, GlobalOptions {
  readonly port: string;
  readonly profile: string;
  readonly firmware?: string;
  readonly caUrl?: string;
  readonly baud?: number;
  readonly registry?: 'embedded' | 'none';
  readonly json?: boolean;
}

export function verifyCommand(io: CliIo): Command {
  return new Command('verify')
    .requiredOption('-p, --port <address>', 'device path, tcp://host:port or rfc2217://host:port')
    .requiredOption('--profile <file>', 'what must be on the board; `ship` in it says what must not')
    .option('--firmware <file>', 'the firmware that must be there, instead of what the profile names')
    .option('--ca-url <url>', 'where the certificate authority answers')
    .option('--baud <rate>', 'highest bits per second to try', countOption('--baud', BAUDS))
    .addOption(backendOption())
    .addOption(
      new Option('--registry <kind>', 'none: compare with the profile alone, and record nothing').choices([
        'embedded',
        'none',
      ]),
    )
    .addOption(operatorOption())
    .addOption(traceOption())
    .option('--json', 'print one JSON object')
    .action((_: unknown, self: Command) => verify(io, self.optsWithGlobals<Options>()));
}

async function verify(io: CliIo, options: Options): Promise<void> {
  const { planFromFlags } = await import('../compose/plan.js');
  const plan = await planFromFlags(options, io.env, bundlesOf(io, options));
  const check = await checkWith(io, options, plan);
  const { port, differences } = check;
  show(io, options, toRecord(check, plan), describe(check));
  if (differences.length > 0)
    throw new EspmintError('BOARD_CHECK_FAILED', { port, count: differences.length });
}

async function checkWith(io: CliIo, options: Options, plan: ProvisionPlan): Promise<BoardCheck> {
  const { checkBoard } = await import('../../provision/index.js');
  const { port } = options;
  const how = {
    signal: io.signal,
    timeoutMs: io.boardTimeoutMs,
    onWarning: ({ code, message }: { code: string; message: string }): void =>
      io.stderr(`${port}: ${message} [${code}]\n`),
    by: { actor: originOf(options).operator },
  };
  if (options.registry === 'none')
    return checkBoard(port, plan, { connect: connectorFor(options, dataDirOf(io, options), io.trace) }, how);
  const parts: ComposedParts = await composeParts(io, options);
  const { connect, registry } = parts;
  const values = parts.store?.values();
  try {
    return await checkBoard(port, plan, { connect, registry, values }, how);
  } finally {
    await values?.close();
    await parts.close();
  }
}

function toRecord(
  { port, mac, uuid, differences }: BoardCheck,
  { profile }: ProvisionPlan,
): { type: string } {
  const passed = differences.length === 0;
  const record = { type: 'check', port, mac, uuid, profile: profile?.name ?? null, passed, differences };
  return record;
}

function describe({ mac, uuid, differences }: BoardCheck): string {
  if (differences.length === 0) return `PASS  ${mac}  ${uuid}\n`;
  const lines = differences.map(({ message, remedy }) => {
    const what = remedy.charAt(0).toLowerCase() + remedy.slice(1);
    return printable(`  - ${message}; ${what}.`);
  });
  return `FAIL  ${mac}  ${uuid}\n${lines.join('\n')}\n`;
}
