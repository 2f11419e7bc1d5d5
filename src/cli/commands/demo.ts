// `espmint demo`: four virtual boards, provisioned for real, then left up to play with.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { isEspmintError } from '../../core/errors/index.js';
import { DEFAULT_PORT } from '../../service/options.js';
import { composeParts } from '../compose/compose.js';
import { untilStopped, type CliIo, type GlobalOptions } from '../io.js';
import { originOf } from '../compose/origin.js';
import { createReporter } from '../output/create-reporter.js';
import { planFromFlags } from '../compose/plan.js';
import { VERSION } from '../version.js';
import { exitCodeOf } from './provision.js';

interface Options extends GlobalOptions {
  readonly once?: boolean;
  readonly json?: boolean;
}

type Closer = () => Promise<void> | void;

const MACS = ['a4:cf:12:34:56:78', 'a4:cf:12:34:56:79', 'a4:cf:12:34:56:7a', 'a4:cf:12:34:56:7b'];
const HOST = '127.0.0.1';

export function demoCommand(io: CliIo): Command {
  return new Command('demo')
    .option('--once', 'end after provisioning')
    .option('--json', 'print JSON Lines: one event a line')
    .action((_: unknown, self: Command) => demo(io, self.optsWithGlobals<Options>()));
}

async function demo(io: CliIo, options: Options): Promise<void> {
  const closers: Closer[] = [];
  try {
    const dataDir = options.dataDir ?? (await temporaryDataDir(closers));
    const ports = await startBoards(closers);
    await provisionAll(io, { ...options, dataDir }, ports);
    if (options.once === true || io.signal.aborted) return;
    const dashboard = await startDashboard(io, dataDir, closers);
    io.stderr(invitation(dashboard, ports, dataDir));
    await untilStopped(io);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** A demo leaves nothing behind in the user's own registry. */
async function temporaryDataDir(closers: Closer[]): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'espmint-demo-'));
  closers.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function startBoards(closers: Closer[]): Promise<string[]> {
  const { createVirtualBoard, serveRfc2217 } = await import('../../virtual/index.js');
  const ports: string[] = [];
  for (const mac of MACS) {
    const board = createVirtualBoard({ chip: 'esp32', mac });
    closers.push(() => board.dispose());
    const server = await serveRfc2217(board, { host: HOST, port: 0 });
    closers.push(() => server.close());
    ports.push(server.url);
  }
  return ports;
}

async function provisionAll(io: CliIo, options: Options, ports: readonly string[]): Promise<void> {
  const plan = await planFromFlags({ caUrl: 'https://ca.example.com:8443', wifiSsid: 'Lab' }, io.env);
  const parts = await composeParts(io, options);
  try {
    const reporter = createReporter(io, ports, options.json === true);
    const onEvent = reporter.event.bind(reporter);
    const { provisionDevice } = await import('../../provision/index.js');
    const run = (port: string): ReturnType<typeof provisionDevice> =>
      provisionDevice(port, plan, parts, { onEvent, signal: io.signal, origin: originOf({}) });
    const results = await Promise.all(ports.map(run));
    reporter.finish(results);
    io.setExitCode(exitCodeOf(results));
  } finally {
    await parts.close();
  }
}

/** The dashboard of the same registry, with four boards of its own to plug, pull and provision on the page. */
async function startDashboard(io: CliIo, dataDir: string, closers: Closer[]): Promise<string> {
  const { composeService, WEB_DIR } = await import('../compose/compose-service.js');
  const { startService } = await import('../../service/start.js');
  const composed = await composeService(io, { dataDir, boards: MACS.length });
  closers.push(() => composed.close());
  const options = { version: VERSION, dataDir, webDir: WEB_DIR };
  const service = await startService(composed.parts, { ...options, port: DEFAULT_PORT }).catch(
    (error: unknown) => {
      if (isEspmintError(error, 'LISTEN_FAILED'))
        return startService(composed.parts, { ...options, port: 0 });
      throw error;
    },
  );
  closers.push(() => service.close());
  await saveDemoProduct(service.url);
  return service.url;
}

/** Through the API, as anybody would: a page with boards and no product would only ask for one. */
async function saveDemoProduct(url: string): Promise<void> {
  const text = 'name: demo\ncaUrl: https://ca.example.com:8443\nwifi: { ssid: Lab }\n';
  const post = (path: string, method: string, body: object): Promise<Response> =>
    fetch(`${url}/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await post('/profiles', 'POST', { profile: { text } });
  await post('/settings', 'PUT', {
    stationName: 'Demo',
    autoStart: false,
    profile: { name: 'demo', version: 0 },
  });
}

function invitation(dashboard: string, [port = '']: readonly string[], dataDir: string): string {
  return `
The dashboard, with four more boards to provision: open it in a browser.

  Dashboard: ${dashboard}

The boards stay up until Ctrl-C. In another terminal, in this folder:

  # what the first board holds now
  node bin/espmint.js inspect --port ${port}
  # what the registry of this demo knows
  node bin/espmint.js devices list --data-dir ${dataDir}
  # the key of the first board; who asked and why is recorded
  node bin/espmint.js devices reveal ${MACS[0]} --reason "trying it out" --data-dir ${dataDir}
  # a new key for it
  node bin/espmint.js provision --port ${port} --ca-url https://ca.example.com --known rotate --data-dir ${dataDir}
`;
}
