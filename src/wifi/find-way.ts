// Finds out what a board speaks: Improv, unified provisioning on its console, a console with a known command, or nothing.
import { isEspmintError } from '../core/errors/index.js';
import type { Link } from '../driver/link/transport.js';
import { Deadline, throwIfAborted } from '../driver/wait.js';
import { PRESET_COMMANDS, type ConsolePreset } from './console/presets.js';
import { runScript } from './console/run-script.js';
import { compile, DEFAULT_PROMPT } from './console/script.js';
import { ImprovClient } from './improv/client.js';
import { LineSplitter, readSome, settle } from './lines.js';
import { ProtocommClient } from './protocomm/client.js';
import { ConsoleTransport } from './protocomm/console-transport.js';
import { HandlerFailed } from './protocomm/transport.js';
import type { DeviceVersion } from './protocomm/version.js';

export type FoundWay =
  | { readonly way: 'improv'; readonly client: ImprovClient; readonly provisioned: boolean }
  | { readonly way: 'protocomm'; readonly version: DeviceVersion }
  | { readonly way: 'console'; readonly preset: ConsolePreset };

export interface FindOptions {
  /** Only these are tried, in this order. */
  readonly ways?: readonly FoundWay['way'][] | undefined;
  readonly rounds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** A firmware that is still starting answers in a later round. */
const ROUNDS = 3;
const ASK_MS = 1_200;
const AFTER_LINE_MS = 150;
const ORDER: readonly FoundWay['way'][] = ['improv', 'protocomm', 'console'];
/** A packet of Improv has a byte that consoles take for Ctrl-C: some end by it. */
const CONSOLE_FIRST: readonly FoundWay['way'][] = ['protocomm', 'console', 'improv'];

/** @returns undefined where the board answered to nothing. @throws LINK_CLOSED, CANCELLED */
export async function findWay(link: Link, options: FindOptions = {}): Promise<FoundWay | undefined> {
  const { rounds = ROUNDS, signal } = options;
  if (!(await settle(link, options))) return undefined;
  const ways = options.ways ?? ((await showsPrompt(link, signal)) ? CONSOLE_FIRST : ORDER);
  for (let round = 0; round < rounds; round++) {
    for (const way of ways) {
      throwIfAborted(signal, 'Finding out what the board speaks');
      const found = await tryIt(TRIALS[way], link, options);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

type Trial = (link: Link, options: FindOptions) => Promise<FoundWay | undefined>;

/** Silence, and an answer that is none of this protocol, mean that the board speaks something else. */
async function tryIt(trial: Trial, link: Link, options: FindOptions): Promise<FoundWay | undefined> {
  try {
    return await trial(link, options);
  } catch (error) {
    const other = ['WIFI_NO_ANSWER', 'WIFI_ANSWER_BROKEN', 'WIFI_STEP_FAILED', 'WIFI_STEP_TIMEOUT'] as const;
    if (error instanceof HandlerFailed || other.some((code) => isEspmintError(error, code))) return undefined;
    throw error;
  }
}

/** Whether an empty line is answered by a prompt. */
async function showsPrompt(link: Link, signal: AbortSignal | undefined): Promise<boolean> {
  const prompt = compile('The prompt', `^(?:${DEFAULT_PROMPT})\\s*$`);
  const splitter = new LineSplitter();
  await link.write(Uint8Array.of(0x0d), { timeoutMs: ASK_MS, signal });
  const deadline = new Deadline(ASK_MS);
  let bytes = await readSome(link, { timeoutMs: ASK_MS / 2, signal });
  while (bytes !== undefined && !deadline.passed) {
    splitter.push(bytes);
    bytes = await readSome(link, { timeoutMs: AFTER_LINE_MS, signal });
  }
  return prompt.test(splitter.partial);
}

/** What was tried before stands in the input line of a console: it must not become part of the next command. */
async function endLine(link: Link, signal: AbortSignal | undefined): Promise<void> {
  await link.write(Uint8Array.of(0x0d), { timeoutMs: ASK_MS, signal });
  await readSome(link, { timeoutMs: AFTER_LINE_MS, signal });
}

const TRIALS: Readonly<Record<FoundWay['way'], Trial>> = {
  async improv(link, { signal, onLine }) {
    const client = new ImprovClient(link, { signal, onLine });
    await client.detect(ASK_MS);
    return { way: 'improv', client, provisioned: client.isProvisioned };
  },

  async protocomm(link, { signal, onLine }) {
    await endLine(link, signal);
    const transport = new ConsoleTransport(link, { signal, onLine, timeoutMs: ASK_MS });
    return { way: 'protocomm', version: await new ProtocommClient(transport, { signal }).version() };
  },

  /** `help` names the commands; which preset knows one of them? */
  async console(link, { signal, onLine }) {
    await endLine(link, signal);
    const commands = PRESET_COMMANDS.map(([command]) => command).join('|');
    const [result] = await runScript(
      link,
      { steps: [{ name: 'help', send: 'help', expect: [`^(?<command>${commands})\\b`], timeoutMs: ASK_MS }] },
      { values: {}, signal, onLine: (line) => onLine?.(line) },
    );
    const named = result?.captured['command']?.toLowerCase();
    const preset = PRESET_COMMANDS.find(([command]) => command === named)?.[1];
    return preset === undefined ? undefined : { way: 'console', preset };
  },
};
