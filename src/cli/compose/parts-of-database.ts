// Parts of the database that the options name, each open for the length of one command's work.
import type {
  Administration,
  FirmwareStore,
  Production,
  Pushes,
  Store,
  Values,
} from '../../registry/index.js';
import type { CliIo, GlobalOptions } from '../io.js';
import { registryOptions } from './compose.js';

type Use<P> = <T>(io: CliIo, options: GlobalOptions, work: (part: P) => Promise<T>) => Promise<T>;

const use =
  <P extends { close(): Promise<void> }>(take: (store: Store) => P | Promise<P>): Use<P> =>
  async (io, options, work) => {
    const { withPart } = await import('../../registry/index.js');
    return withPart(registryOptions(io, options), take, work);
  };

/** What stations share: batches and runs. */
export const withProduction: Use<Production> = use((store) => store.production());
export const withPushes: Use<Pushes> = use((store) => store.pushes());
export const withValues: Use<Values> = use((store) => store.values());
export const withFirmware: Use<FirmwareStore> = use((store) => store.firmware());
/** An administrator's work; see withAdministration for what needs the spool's devices first. */
export const administer: Use<Administration> = use((store) => store.administration());
