// Listens to the start of a board until its firmware shows that it runs and, where the plan asks for it, is on the network.
import { isEspmintError } from '../core/errors/index.js';
import { parseLinePattern } from '../core/line-pattern.js';
import { parsePsk } from '../core/psk.js';
import type { BoardValues } from '../core/values/rows.js';
import { deviceProof, deviceWpsPin } from '../core/wifi-device-secrets.js';
import type { Board, BootReport, BootRules } from '../driver/index.js';
import { joinRules, type Joined, type JoinRules } from '../wifi/index.js';
import type { BootCheck, ProvisionPlan } from './plan/plan.js';
import type { Try } from './parts.js';

/** What of this board must not be shown, whatever it prints. */
export function boardSecrets(
  { wifi }: ProvisionPlan,
  psk: string | undefined,
  values: BoardValues = {},
): string[] {
  const own = psk === undefined ? [] : [psk, deviceProof(parsePsk(psk)), deviceWpsPin(parsePsk(psk))];
  return [...own, ...secretsIn(values), wifi?.password].filter((secret) => secret !== undefined);
}

/** What the log of a start showed. */
export interface Started {
  readonly report: BootReport;
  /** Where the plan asks for it. */
  readonly joined?: Joined | undefined;
}

/**
 * Listens until the firmware shows that it runs and, where the plan asks for it, that the board is on the network. What
 * it prints of this device's secrets is masked.
 * @throws BOOT_FAILED, BOOT_TIMEOUT, WIFI_JOIN_FAILED, WIFI_JOIN_UNPROVEN
 */
export async function checkBoot(
  run: Try,
  board: Board,
  psk?: string,
  values: BoardValues = {},
): Promise<Started> {
  const { plan, port, signal } = run;
  const { boot, join, wifi } = plan;
  const common = {
    secrets: boardSecrets(plan, psk, values),
    ...(boot === undefined ? {} : { baud: boot.baud }),
    signal,
  };
  const rules = bootRules(boot);
  if (join === undefined) {
    const timeoutMs = boot?.timeoutMs ?? DEFAULT_BOOT_MS;
    return { report: await board.watchBoot({ ...common, ...rules, timeoutMs }) };
  }
  const timeoutMs = Math.max(join.timeoutMs, boot?.timeoutMs ?? 0);
  const joining = joinRules({ port, ssid: wifi?.ssid, timeoutMs });
  try {
    const report = await board.watchBoot({ ...common, ...both(rules, joining.boot), timeoutMs });
    return { report, joined: joining.joined() };
  } catch (error) {
    const isBoot = isEspmintError(error, 'BOOT_TIMEOUT') || isEspmintError(error, 'BOOT_FAILED');
    throw isBoot ? joining.explain(error) : error;
  }
}

/** What of them must show nowhere. */
const secretsIn = (values: BoardValues): string[] =>
  Object.values(values).flatMap(({ secret, text }) => (secret && text !== '' ? [text] : []));

const DEFAULT_BOOT_MS = 10_000;

function bootRules(boot: BootCheck | undefined): Pick<BootRules, 'success' | 'failure'> {
  const { success = 'application', failure = [] } = boot ?? {};
  return {
    success: typeof success === 'string' ? success : { pattern: parseLinePattern(success.pattern) },
    failure: failure.map((pattern) => parseLinePattern(pattern)),
  };
}

/** Passes when both have come, in whichever order; an address also says that the application runs. */
function both(
  rules: ReturnType<typeof bootRules>,
  joining: JoinRules['boot'],
): Pick<BootRules, 'success' | 'failure'> {
  const { success } = rules;
  const pattern = typeof success === 'string' ? undefined : success.pattern;
  let seen = pattern === undefined;
  return {
    failure: [...joining.failure, ...(rules.failure ?? [])],
    success: {
      pattern: {
        test: (line) => {
          seen ||= pattern?.test(line) === true;
          return joining.success.pattern.test(line) && seen;
        },
      },
    },
  };
}
