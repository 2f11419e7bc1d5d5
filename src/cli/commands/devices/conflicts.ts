// `espmint devices conflicts` and `resolve`: boards that contradict the registry, and deciding which side is right.
import { systemZone } from '../../../core/times.js';
import { Command, Option } from 'commander';
import {
  CONFLICT_DECISIONS,
  type Conflict,
  type ConflictDecision,
  conflictRows,
  decisionText,
  describeConflict,
} from '../../../core/conflict.js';
import { EspmintError, invalidInput } from '../../../core/errors/index.js';
import type { Registry } from '../../../registry/index.js';
import { askLine } from '../../prompt/ask-line.js';
import { type CliIo, jsonLine } from '../../io.js';
import { printable } from '../../output/printable.js';
import { show } from '../../output/show.js';
import { type Row, Table } from '../../output/table.js';
import { pushBriefly } from '../../compose/push-briefly.js';
import { processUser } from '../../../registry/process-user.js';
import { withRegistry } from './with-registry.js';

interface ResolveOptions {
  readonly decision?: ConflictDecision;
  readonly reason?: string;
  readonly json?: boolean;
}

const HEADINGS = ['CONFLICT', 'WHY', 'STATE', 'SIDE', 'MAC', 'UUID', 'CHIP ID', 'HISTORY'];

const MEANINGS: Readonly<Record<ConflictDecision, string>> = {
  keep: 'the registered device stays, and the refused board stays refused',
  replace:
    'the refused board is the device from now on, with a key of its own; the old keys stay in the history',
  'set-aside': 'neither is used: the registered device becomes a tombstone, and the board stays refused',
};

export function conflictsCommand(io: CliIo): Command {
  return new Command('conflicts')
    .description('boards that were refused because they contradict the registry, with both histories')
    .option('--all', 'also those that somebody has decided about')
    .option('--json', 'print one JSON object a line')
    .action(({ all, json }: { all?: boolean; json?: boolean }, command: Command) =>
      withRegistry(io, command, async (registry) => {
        const conflicts = await registry.conflicts({ all });
        if (conflicts.length === 0 && json !== true) io.stdout('No board waits for a decision.\n');
        if (json === true)
          for (const conflict of conflicts) io.stdout(jsonLine({ type: 'conflict', ...conflict }));
        else new Table(io, HEADINGS).add(conflicts.flatMap(rowsOf));
      }),
    );
}

export function resolveCommand(io: CliIo): Command {
  return new Command('resolve')
    .description('decide about a refused board; who decided and why is recorded, and nothing is deleted')
    .argument('<conflict>', 'its number in "devices conflicts"')
    .addOption(
      new Option('--decision <decision>', `${meaningsText()} (default: ask at the terminal)`).choices(
        CONFLICT_DECISIONS,
      ),
    )
    .option('--reason <text>', 'why (default: ask at the terminal)')
    .option('--json', 'print one JSON object')
    .action((text: string, options: ResolveOptions, command: Command) =>
      withRegistry(io, command, async (registry, composed) => {
        const before = await needConflict(registry, parseNumber(text));
        if (options.json !== true) io.stderr(toText(before));
        const decision = options.decision ?? (await askDecision(io));
        const reason = options.reason ?? (await askLine(io, 'Why? ', '--reason'));
        const after = await registry.resolve(before.id, { decision, reason, actor: processUser() });
        show(io, options, { type: 'conflict', ...after }, `conflict ${before.id}: ${after.state}\n`);
        await pushBriefly(io, composed, (await composed.registry.status()).pushes);
      }),
    );
}

function meaningsText(): string {
  return Object.entries(MEANINGS)
    .map(([name, meaning]) => `${name}: ${meaning}`)
    .join('; ');
}

async function needConflict(registry: Registry, id: number): Promise<Conflict & { readonly id: number }> {
  const [found] = await registry.conflicts({ id });
  if (found === undefined) throw new EspmintError('CONFLICT_UNKNOWN', { id });
  return { ...found, id };
}

async function askDecision(io: CliIo): Promise<ConflictDecision> {
  const choices = Object.entries(MEANINGS).map(([name, meaning]) => `  ${name.padEnd(10)} ${meaning}\n`);
  io.stderr(choices.join(''));
  for (;;) {
    const answer = await askLine(io, `${CONFLICT_DECISIONS.join(', ')}? `, '--decision');
    const decision = CONFLICT_DECISIONS.find((one) => one === answer.toLowerCase());
    if (decision !== undefined) return decision;
  }
}

function parseNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw invalidInput(
    'The conflict',
    `"${text}" is not its number`,
    'take it from "espmint devices conflicts"',
  );
}

/** Registered and refused one below the other; what was decided stands with the refused board. */
function rowsOf(conflict: Conflict): Row[] {
  const { id, code, state } = conflict;
  const decision = decisionText(conflict, systemZone());
  return conflictRows(conflict, systemZone()).map(({ side, mac, uuid, chipId, history }) => {
    const isDecided = side === 'refused' && decision !== undefined;
    const account = isDecided ? `${history}; decided ${decision}` : history;
    return [id?.toString() ?? '(in the journal)', code, state, side, mac, uuid, chipId, account];
  });
}

function toText(conflict: Conflict): string {
  const { id, code, state } = conflict;
  const lines = describeConflict(conflict, systemZone()).map((line) => `  ${printable(line)}`);
  return [`conflict ${id ?? '(in the journal)'}  ${code}  ${state}`, ...lines, ''].join('\n');
}
