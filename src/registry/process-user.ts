// Who runs this process, for records.
import { userInfo } from 'node:os';

/** Name of the account; a process of an account without a name is known by its number. */
export function processUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
