// Who runs this process, and where, for records.
import { hostname, userInfo } from 'node:os';

let user: string | undefined;

/** Name of the account; a process of an account without a name is known by its number. Asked once: it is read from files. */
export function processUser(): string {
  try {
    user ??= userInfo().username;
  } catch {
    user = `uid ${process.getuid?.() ?? 'unknown'}`;
  }
  return user;
}

/** Name of the computer. */
export function processHost(): string {
  return hostname();
}

/** Who asks for something, and why, for the audit trail. */
export interface Asker {
  /** The user of this process when absent. */
  readonly actor?: string | undefined;
  /** Address from which somebody asks this process; absent: it is asked where it runs. */
  readonly address?: string | undefined;
  readonly reason?: string | undefined;
}

/** Where somebody asks from: this computer, or an address by way of it. */
export function originOf({ address }: Asker): string {
  return address === undefined ? processHost() : `${address} by way of ${processHost()}`;
}
