// `--known ask`: a person decides, board by board, what becomes of one that is already provisioned.
import { createInterface } from 'node:readline';
import { EspmintError, isEspmintError, invalidInput } from '../../core/errors/index.js';
import type { KnownPolicy, Registry } from '../../registry/index.js';
import type { CliIo } from '../io.js';

const ANSWERS: Readonly<Record<string, KnownPolicy>> = {
  k: 'keep',
  keep: 'keep',
  r: 'rotate',
  rotate: 'rotate',
  s: 'refuse',
  stop: 'refuse',
};

/** @throws INPUT_INVALID when nobody sits at a terminal to answer */
export function requireTerminal(io: CliIo): void {
  if ('isTTY' in io.stdin && io.stdin.isTTY === true) return;
  throw invalidInput(
    '--known ask',
    'needs a terminal to ask at',
    'say --known keep, rotate or refuse instead',
  );
}

/**
 * The same registry, but a reservation that refuses a known board asks first. Each board is asked about once, however
 * many tries its run has, and one board at a time.
 */
export function askingRegistry(io: CliIo, registry: Registry): Registry {
  const answers = new Map<string, Promise<KnownPolicy>>();
  let last: Promise<unknown> = Promise.resolve();
  const ask = (mac: string, problem: string): Promise<KnownPolicy> => {
    const known = answers.get(mac);
    if (known !== undefined) return known;
    const answer = last.then(() => askOnce(io, problem));
    last = answer.catch(() => undefined);
    answers.set(mac, answer);
    return answer;
  };
  return {
    description: registry.description,
    reserve: async (request) => {
      try {
        return await registry.reserve(request);
      } catch (error) {
        if (!isEspmintError(error, 'DEVICE_KNOWN')) throw error;
        const { mac, uuid, status } = error.details;
        const policy = await ask(mac, `${mac} is already in the registry as ${uuid} (${status}).`);
        if (policy === 'refuse') throw error;
        return registry.reserve({ ...request, policy });
      }
    },
    screen: (board) => registry.screen(board),
    find: (device) => registry.find(device),
    built: (id, image) => registry.built(id, image),
    confirm: (id, proof) => registry.confirm(id, proof),
    fail: (id, failure) => registry.fail(id, failure),
    list: (filter) => registry.list(filter),
    show: (device) => registry.show(device),
    reveal: (mac, reason, by) => registry.reveal(mac, reason, by),
    compareKey: (mac, psk) => registry.compareKey(mac, psk),
    checked: (mac, result, by) => registry.checked(mac, result, by),
    labelled: (mac, reason, by) => registry.labelled(mac, reason, by),
    conflicts: (filter) => registry.conflicts(filter),
    resolve: (id, decision) => registry.resolve(id, decision),
    status: () => registry.status(),
    close: () => registry.close(),
  };
}

/** Asks until the answer is one; the end of the input means stop. @throws CANCELLED */
function askOnce(io: CliIo, problem: string): Promise<KnownPolicy> {
  const question = `${problem} [k]eep its key, [r]otate it, or [s]top? `;
  const lines = createInterface({ input: io.stdin });
  io.stderr(question);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(new EspmintError('CANCELLED', { what: 'The question about a known board' }));
      lines.close();
    };
    if (io.signal.aborted) onAbort();
    io.signal.addEventListener('abort', onAbort, { once: true });
    lines.on('line', (line) => {
      const policy = ANSWERS[line.trim().toLowerCase()];
      if (policy === undefined) {
        io.stderr(question);
        return;
      }
      resolve(policy);
      lines.close();
    });
    lines.once('close', () => {
      io.signal.removeEventListener('abort', onAbort);
      resolve('refuse');
    });
  });
}
