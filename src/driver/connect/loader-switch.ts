// Before a piece of work: decides between ROM and stub, and starts the stub where it pays.
import { isEspmintError, type EspmintError } from '../../core/errors/index.js';
import { chooseLoader, type Work } from './loader-choice.js';
import type { Session } from './session.js';
import { attachCommand, flashSizeCommand } from './spi-flash.js';
import { startStub, stubNameFor, type Stub } from './stub.js';
import { STUBS } from './stubs/index.js';

/** Loads the stub that may run on this chip; undefined where none may. */
function stubFor(session: Session): (() => Promise<Stub>) | undefined {
  if (session.stubPolicy === 'never') return undefined;
  const name = stubNameFor(session.chip, session.revision, session.security);
  return name === undefined ? undefined : STUBS[name];
}

/** Afterwards `session.loader` is the one for the work. A stub that does not start is not tried again. */
export async function prepareFor(session: Session, work: Work): Promise<void> {
  const load = session.loader.isStub ? undefined : stubFor(session);
  if (load === undefined) return;
  const choice = chooseLoader(work, { baud: session.link.baud, latencyMs: session.loader.latencyMs });
  const isForced = session.stubPolicy === 'always';
  const loader = isForced ? 'stub' : choice.loader;
  const estimate = `about ${Math.round(choice.romMs)} ms with the ROM, ${Math.round(choice.stubMs)} ms with the stub`;
  session.onEvent?.({ type: 'plan', loader, reason: isForced ? 'the stub was asked for' : estimate });
  if (loader === 'stub') await switchToStub(session, await load());
}

/** Starts the stub where there is one, for a command that the ROM lacks. */
export async function preferStub(session: Session): Promise<void> {
  const load = session.loader.isStub ? undefined : stubFor(session);
  if (load === undefined) return;
  session.onEvent?.({ type: 'plan', loader: 'stub', reason: 'the ROM has no such command' });
  await switchToStub(session, await load());
}

async function switchToStub(session: Session, stub: Stub): Promise<void> {
  const { loader, chip, registers, facts } = session;
  try {
    await startStub(loader, stub);
    await loader.repeat(attachCommand(loader, chip, registers));
    if (facts.flashSizeBytes > 0) await loader.repeat(flashSizeCommand(facts.flashSizeBytes));
  } catch (error) {
    if (!isEspmintError(error) || !isStartFailure(error)) throw error;
    session.onEvent?.({ type: 'retry', what: 'stub', reason: error.code });
    session.stubPolicy = 'never';
    await session.reconnect();
  }
}

/** What a stub that crashed looks like from here; the ROM is fetched back by a reset. */
function isStartFailure(error: EspmintError): boolean {
  return error.code === 'STUB_FAILED' || error.code === 'LINK_TIMEOUT' || error.code === 'LOADER_REFUSED';
}
