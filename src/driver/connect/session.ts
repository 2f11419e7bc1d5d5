// A connection that mends itself: it knows which chip it talks to and at which rate, and when replies get lost it starts
// again at the next lower rate, making sure that the same chip answers.
import type { ChipSpec } from '../../core/chips/index.js';
import { EspmintError, isEspmintError, type ErrorCode } from '../../core/errors/index.js';
import type { Mac } from '../../core/mac.js';
import type { ChipFacts } from '../../core/stages.js';
import { PROCESS_BAUD_MEMORY, type BaudMemory } from './baud-memory.js';
import { BAUD_LADDER, changeBaud, chipCrystalMhz, crystalFields, ladderFrom } from './baud.js';
import { efuseFields, readEfuseFacts, revisionText, type EfuseFacts } from './chip-facts.js';
import { PROCESS_DIGEST_MEMORY, type DigestMemory } from '../write/digest-memory.js';
import { detectChip, firstQuestions } from './detect.js';
import { enterLoader } from './enter-loader.js';
import type { OnDriverEvent } from '../events.js';
import type { Loader } from '../protocol/loader.js';
import type { StubPolicy } from './loader-choice.js';
import { START_BAUD } from '../link/open-link.js';
import { addressesOf, RegisterCache } from './registers.js';
import { lockText, type SecurityState } from './security.js';
import {
  attachCommand,
  borrowedRegisters,
  flashSizeCommand,
  identifyFlash,
  padFields,
  type FlashId,
} from './spi-flash.js';
import type { Link } from '../link/transport.js';
import { calmWatchdogs } from './reset.js';

export interface SessionOptions {
  /** The chip that should be there, in any spelling. Another one is refused before anything is changed. */
  readonly expectChip?: string | undefined;
  /** Highest bits per second to try. */
  readonly baud?: number | undefined;
  /** Where the rate that a port bears is remembered; one for the process when absent. */
  readonly baudMemory?: BaudMemory | undefined;
  /** Where what lies before a region is remembered from board to board; one for the process when absent. */
  readonly digestMemory?: DigestMemory | undefined;
  /** Default `auto`. */
  readonly stub?: StubPolicy | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: OnDriverEvent | undefined;
}

/** What one connection found out. */
interface Connection {
  readonly loader: Loader;
  readonly chip: ChipSpec;
  readonly registers: RegisterCache;
  readonly facts: ChipFacts & { readonly mac: Mac };
  /** major * 100 + minor. */
  readonly revision: number;
  readonly security: SecurityState;
}

/** Failures that a lower rate can cure. */
const BAD_LINK: readonly ErrorCode[] = [
  'LINK_TIMEOUT',
  'LINK_DAMAGED',
  'LOADER_REFUSED',
  'CHIP_MAC_BAD',
  'RFC2217_REFUSED',
  'FLASH_NOT_FOUND',
];

/**
 * Whether a lower rate may cure it. A refusal counts too: requests and replies carry no checksum, so either may have been
 * damaged on its way.
 */
export function isBadLink(error: EspmintError): boolean {
  return BAD_LINK.includes(error.code);
}

export class Session {
  readonly link: Link;
  readonly digests: DigestMemory;
  stubPolicy: StubPolicy;
  readonly #options: SessionOptions;
  readonly #memory: BaudMemory;
  /** Rates that are left to try, best first. */
  #rates: readonly number[];
  #connection: Connection | undefined;

  private constructor(link: Link, options: SessionOptions) {
    this.link = link;
    this.#options = options;
    this.stubPolicy = options.stub ?? 'auto';
    this.digests = options.digestMemory ?? PROCESS_DIGEST_MEMORY;
    this.#memory = options.baudMemory ?? PROCESS_BAUD_MEMORY;
    const limit = options.baud ?? BAUD_LADDER[0] ?? START_BAUD;
    const known = this.#memory.recall(link.address) ?? limit;
    const isFixed = link.hasFixedBaud === true || link.isNativeUsb === true;
    this.#rates = isFixed ? [link.baud] : ladderFrom(Math.min(limit, known));
  }

  static async open(link: Link, options: SessionOptions): Promise<Session> {
    const session = new Session(link, options);
    await session.#connect();
    return session;
  }

  get loader(): Loader {
    return this.#current.loader;
  }
  get chip(): ChipSpec {
    return this.#current.chip;
  }
  get facts(): Connection['facts'] {
    return this.#current.facts;
  }
  /** What bounds a region. */
  get place(): { readonly port: string; readonly flashSizeBytes: number } {
    return { port: this.link.address, flashSizeBytes: this.facts.flashSizeBytes };
  }
  get revision(): number {
    return this.#current.revision;
  }
  get security(): SecurityState {
    return this.#current.security;
  }
  get registers(): RegisterCache {
    return this.#current.registers;
  }
  get onEvent(): OnDriverEvent | undefined {
    return this.#options.onEvent;
  }

  /**
   * Runs something that does no harm when it is begun again, on a connection that is mended as often as there are lower
   * rates.
   */
  async run<T>(act: (loader: Loader) => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (;;) {
      this.loader.signal = signal ?? this.#options.signal;
      try {
        return await act(this.loader);
      } catch (error) {
        if (!isEspmintError(error) || !isBadLink(error)) throw error;
        await this.recover(error);
      }
    }
  }

  /** Whether a lower rate is left. */
  get canFallBack(): boolean {
    return this.#rates.length > 1;
  }

  /**
   * Starts again at the next lower rate.
   * @throws `cause` when no rate is left; CHIP_CHANGED
   */
  async recover(cause: EspmintError): Promise<void> {
    const [from = START_BAUD, to] = this.#rates;
    if (to === undefined) throw cause;
    this.#fallBack(from, to, cause);
    await this.reconnect();
  }

  /** Resets the board into its ROM again, and proves that it is the same. @throws CHIP_CHANGED */
  async reconnect(): Promise<void> {
    const before = this.facts.mac;
    await this.#connect();
    const after = this.facts.mac;
    if (after !== before) throw new EspmintError('CHIP_CHANGED', { port: this.link.address, before, after });
  }

  get #current(): Connection {
    if (this.#connection === undefined)
      throw new EspmintError('INTERNAL', { reason: 'a session without connection' });
    return this.#connection;
  }

  #fallBack(from: number, to: number, cause: EspmintError): void {
    this.#rates = this.#rates.slice(1);
    this.#memory.remember(this.link.address, to);
    this.onEvent?.({ type: 'baud-fallback', from, to, reason: cause.code });
  }

  async #connect(): Promise<void> {
    for (;;) {
      const [baud = this.link.baud, lower] = this.#rates;
      try {
        this.#connection = await connectAt(this.link, baud, lower === undefined, this.#options);
        return;
      } catch (error) {
        if (!isEspmintError(error) || !isBadLink(error) || lower === undefined) throw error;
        this.#fallBack(baud, lower, error);
      }
    }
  }
}

/** @param isLast no lower rate is left, so lost replies are asked for again here. */
async function connectAt(
  link: Link,
  baud: number,
  isLast: boolean,
  options: SessionOptions,
): Promise<Connection> {
  const { expectChip, onEvent } = options;
  if (link.baud !== START_BAUD && link.hasFixedBaud !== true) await link.setBaud(START_BAUD);
  const loader = await enterLoader(link, { ...options, ask: firstQuestions(expectChip) });
  const { chip, security } = await detectChip(loader, expectChip);
  const registers = new RegisterCache(loader);
  if (security?.secureDownload === true) {
    const what = `to tell its MAC (${lockText(chip, security)})`;
    throw new EspmintError('SECURE_DOWNLOAD', { port: link.address, what });
  }
  if (link.isNativeUsb === true) await calmWatchdogs(loader, chip);
  const tries = loader.repeatTries;
  if (!isLast) loader.repeatTries = 1;
  const wanted = addressesOf([...padFields(chip), ...efuseFields(chip, security)]);
  const early = [...crystalFields(chip), ...padFields(chip)];
  const isRaised = baud > link.baud;
  // What the next step depends on, in one go; all else behind it, at the new rate, which its first answers prove.
  if (isRaised) await registers.load(...early);
  else await registers.prove([...wanted, ...borrowedRegisters(chip), ...addressesOf(early)]);
  const crystalMhz = await chipCrystalMhz(chip, registers, link.baud);
  loader.sendLater(attachCommand(loader, chip, registers));
  if (isRaised) await changeBaud(loader, chip, registers, baud);
  onEvent?.({ type: 'baud', baud: link.baud });
  const flash = await identifyFlash(loader, chip, registers, wanted);
  const efuses = await readEfuseFacts(chip, registers, link.address, security);
  loader.repeatTries = tries;
  const facts = { ...chipFacts(chip, efuses, flash), crystalMhz };
  if (facts.flashSizeBytes > 0) loader.sendLater(flashSizeCommand(facts.flashSizeBytes));
  onEvent?.({ type: 'chip', facts });
  return { loader, chip, registers, facts, revision: efuses.revision, security: efuses.security };
}

function chipFacts(chip: ChipSpec, efuses: EfuseFacts, flash: FlashId): Connection['facts'] {
  return {
    chip: chip.name,
    description: efuses.description,
    revision: revisionText(efuses.revision),
    mac: efuses.mac,
    ...(efuses.uniqueId === undefined ? {} : { uniqueId: efuses.uniqueId }),
    ...(efuses.psramBytes === undefined ? {} : { psramBytes: efuses.psramBytes }),
    flashId: flash.id,
    flashSizeBytes: flash.sizeBytes === 0 ? efuses.embeddedFlashBytes : flash.sizeBytes,
  };
}
