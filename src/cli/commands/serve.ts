// `espmint serve`: the dashboard and the HTTP API, until a signal comes.
import { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { Command, Option } from 'commander';
import type { EspmintError } from '../../core/errors/index.js';
import { invalidInput } from '../../core/errors/index.js';
import {
  DEFAULT_HOST,
  DEFAULT_PORT,
  LOG_LEVELS,
  type LogLevel,
  type TlsFiles,
} from '../../service/options.js';
import {
  backendOption,
  collect,
  keysToOption,
  registryOption,
  verifyOption,
} from '../arguments/board-options.js';
import { dataDirOf, type BackendChoice, type RegistryChoice } from '../compose/compose.js';
import { readTextFile } from '../../files/index.js';
import { untilStopped, type CliIo, type GlobalOptions } from '../io.js';
import { show } from '../output/show.js';
import { countOption } from '../arguments/numbers.js';
import { addWpsHookOptions, parseWpsHook, type WpsHookFlags } from '../arguments/wps-hook.js';
import { offlineOption, type OfflineChoice } from '../arguments/offline.js';
import { VERSION } from '../version.js';

interface Options extends RegistryChoice, BackendChoice, OfflineChoice, WpsHookFlags, GlobalOptions {
  readonly verify?: 'md5' | 'readback';
  readonly host: string;
  readonly port: number;
  readonly allowHost?: readonly string[];
  readonly trustProxy?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecureHttp?: boolean;
  readonly virtual?: number;
  readonly logLevel: LogLevel;
  readonly json?: boolean;
}

export function serveCommand(io: CliIo): Command {
  return addWpsHookOptions(new Command('serve'))
    .option('--host <address>', 'address to listen on', DEFAULT_HOST)
    .option(
      '--port <number>',
      'port to listen on; 0 takes a free one',
      countOption('--port', { min: 0, max: 65_535 }),
      DEFAULT_PORT,
    )
    .option('--allow-host <name>', 'a further host name that it is reached by; repeat it', collect)
    .option(
      '--trust-proxy <address>',
      'address or network of a proxy whose word on where requests come from counts; repeat it',
      collect,
    )
    .option('--tls-cert <file>', 'certificate (PEM), to serve HTTPS')
    .option('--tls-key <file>', 'key of the certificate (PEM)')
    .option('--insecure-http', 'serve other addresses than loopback without TLS, behind a proxy that has it')
    .option('--virtual <number>', 'begin with this many virtual boards', countOption('--virtual', { min: 0 }))
    .addOption(verifyOption())
    .addOption(backendOption())
    .addOption(registryOption())
    .addOption(keysToOption())
    .addOption(offlineOption())
    .addOption(
      new Option('--log-level <level>', 'what is logged to standard error, one line of JSON each')
        .choices(LOG_LEVELS)
        .default('warn'),
    )
    .option('--json', 'print JSON Lines: where it listens')
    .action((_: unknown, self: Command) => serve(io, self.optsWithGlobals<Options>()));
}

async function serve(io: CliIo, options: Options): Promise<void> {
  const { host, port, allowHost = [], trustProxy = [], insecureHttp, virtual, json } = options;
  if (port > 65_535) throw invalidInput('--port', `is ${port}`, 'give a number from 0 to 65535');
  if (virtual !== undefined && virtual > 64)
    throw invalidInput('--virtual', `is ${virtual}`, 'give 64 at most');
  const tls = await readTls(options);
  const { composeService, WEB_DIR } = await import('../compose/compose-service.js');
  const [composed, { startService }] = await Promise.all([
    composeService(io, { ...options, boards: virtual }),
    import('../../service/start.js'),
  ]);
  try {
    const service = await startService(composed.parts, {
      version: VERSION,
      dataDir: dataDirOf(io, options),
      webDir: WEB_DIR,
      host,
      port,
      allowedHosts: allowHost,
      trustedProxies: trustProxy,
      tls,
      insecureHttp,
      verify: options.verify,
      wpsHook: parseWpsHook(options.wpsHook, options.wpsCancelHook),
    });
    try {
      show(io, { json }, { type: 'serving', url: service.url }, `${service.url}\n`);
      if (!(await service.hasPeople())) io.stderr(NO_PEOPLE);
      if (tls !== undefined) io.stderr(datesNotice(tls.cert));
      if (json !== true) io.stderr('Open it in a browser; Ctrl-C stops.\n');
      await untilStopped(io);
      io.stderr('Stopping; running boards finish first (Ctrl-C again: at once).\n');
    } finally {
      await service.close();
    }
  } finally {
    await composed.close();
  }
}

const NO_PEOPLE =
  'There are no people yet: who uses this computer may do everything, and nobody else gets in, also not through a proxy.\n' +
  'To let others in, add an admin: espmint users add NAME --role admin\n';

async function readTls({ tlsCert, tlsKey }: Options): Promise<TlsFiles | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw invalidInput('--tls-cert and --tls-key', 'belong together', 'give both');
  }
  return { cert: await readTextFile(tlsCert), key: await readTlsKey(tlsKey) };
}

/** What browsers refuse without saying so here: out of its dates, or a clock that is wrong. */
export function datesNotice(cert: string, nowMs = Date.now()): string {
  const { validFrom, validTo } = new X509Certificate(cert);
  if (Date.parse(validFrom) <= nowMs && nowMs <= Date.parse(validTo)) return '';
  const dates = `from ${validFrom} to ${validTo}`;
  return `Browsers refuse the certificate of --tls-cert: it is valid ${dates}. Renew it, or set this computer's clock.\n`;
}

/** As PostgreSQL wants it: nobody but its owner may read it, but a group of root's choice may. */
async function readTlsKey(path: string): Promise<string> {
  const text = await readTextFile(path);
  if (process.platform === 'win32') return text;
  const { mode, uid } = await stat(path);
  const mine = process.getuid?.() ?? uid;
  if (uid !== 0 && uid !== mine) throw openKey(path, 'belongs to another user', `chown ${mine} ${path}`);
  const others = uid === 0 ? 0o027 : 0o077;
  if ((mode & others) !== 0) throw openKey(path, 'can be read by others', `chmod 600 ${path}`);
  return text;
}

function openKey(path: string, reason: string, command: string): EspmintError {
  const hint = `make it yours alone ("${command}"); others may have read it already: get a new one where that matters`;
  return invalidInput(`The TLS key ${path}`, reason, hint);
}
