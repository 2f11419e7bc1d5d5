// Errors of the registry and the local state.
import { inShell } from '../../text.js';
import { EXIT, kind, conflict, input, missing, taken } from '../entry.js';

/** The database or the disk: nothing in the request is wrong. */
const state = kind({ exit: EXIT.registry, http: 503, retryable: true });
/** Set-up that somebody must change before it can work. */
const setup = kind({ exit: EXIT.registry, http: 503, retryable: false });

/** The registry is away, and its copy on this station says so. */
const known = (asOf: string | undefined): string =>
  asOf === undefined ? '' : `, by this station's copy of ${asOf} (the registry is out of reach)`;

export const REGISTRY_ERRORS = {
  REGISTRY_UNREACHABLE: state<{
    target: string;
    reason: string;
    /** Whether it is the server that says so. */
    isAnswer?: boolean;
  }>({
    problem: ({ target, reason, isAnswer = false }) =>
      isAnswer
        ? `The server at ${target} takes no connection now (it says: ${reason})`
        : `The registry at ${target} cannot be reached (${reason})`,
    next: ({ isAnswer = false }) =>
      isAnswer
        ? 'try again, and ask the administrator of the server if it stays so'
        : 'check the host, the port and the network, then try again',
  }),
  REGISTRY_LOGIN_REFUSED: setup<{ target: string; reason: string; wantsTls: boolean }>({
    problem: ({ target, reason }) => `The server at ${target} does not let us in (it says: ${reason})`,
    next: ({ wantsTls }) =>
      wantsTls
        ? 'add sslmode=verify-full to the URL, and sslrootcert=FILE for a certificate authority of your own'
        : 'have its administrator change that rule (pg_hba.conf) or role, or name another user or database',
  }),
  REGISTRY_TIMEOUT: state<{ target: string; what: string; timeoutMs: number }>({
    problem: ({ target, what, timeoutMs }) =>
      `The registry at ${target} did not finish ${what} within ${Math.round(timeoutMs)} ms`,
    next: () => 'try again, and look at the load of the database server if it stays so',
  }),
  REGISTRY_TLS: setup<{ target: string; reason: string }>({
    problem: ({ target, reason }) => `The registry at ${target} cannot be trusted over TLS (${reason})`,
    next: () => 'give the certificate authority with sslrootcert, or correct the host name',
  }),
  REGISTRY_PASSWORD: setup<{ target: string; user: string }>({
    problem: ({ target, user }) => `The registry at ${target} refuses the user "${user}" or its password`,
    next: () =>
      'correct the user and the password (PGPASSWORD or a pgpass file keep it out of the command line)',
  }),
  REGISTRY_DATABASE_MISSING: setup<{ target: string; database: string }>({
    problem: ({ target, database }) => `The server at ${target} has no database "${database}"`,
    next: ({ database }) => `create it (createdb ${inShell(database)}) or correct the name`,
  }),
  REGISTRY_RIGHTS: setup<{ target: string; reason: string }>({
    problem: ({ target, reason }) => `The database user lacks rights at ${target} (${reason})`,
    next: () => 'grant it what is missing, or let the owner of the schema run "espmint db migrate"',
  }),
  REGISTRY_SCHEMA_NEWER: setup<{ target: string; found: string; known: string }>({
    problem: ({ target, found, known }) =>
      `The registry at ${target} was migrated by a newer espmint (it has "${found}", this one knows up to "${known}")`,
    next: () => 'update espmint on this station',
  }),
  REGISTRY_SCHEMA_CHANGED: setup<{ target: string; migration: string }>({
    problem: ({ target, migration }) =>
      `The migration "${migration}" at ${target} is not the one that this espmint carries`,
    next: () => 'use the espmint that made this database, or give this one an empty database',
  }),
  REGISTRY_SERVER_TOO_OLD: setup<{ target: string; version: string }>({
    problem: ({ target, version }) => `The server at ${target} is PostgreSQL ${version}, older than 13`,
    next: () => 'use PostgreSQL 13 or later',
  }),
  REGISTRY_ENCODING: setup<{ target: string; encoding: string }>({
    problem: ({ target, encoding }) =>
      `The database at ${target} keeps its texts as ${encoding}, not as UTF8`,
    next: () => "use one that was made with encoding 'UTF8'",
  }),
  REGISTRY_FAILED: state<{ target: string; what: string; reason: string }>({
    problem: ({ target, what, reason }) => `The registry at ${target} failed at ${what} (${reason})`,
    next: () => 'try again, and run "espmint db check" if it stays so',
  }),
  REGISTRY_REFUSED: conflict<{ target: string; what: string; reason: string }>({
    http: 400,
    problem: ({ target, what, reason }) => `The registry at ${target} does not take ${what} (${reason})`,
    next: () => 'correct the text that it names',
  }),
  SPOOL_UNREADABLE: state<{ path: string; reason: string }>({
    problem: ({ path, reason }) =>
      `${path} may hold keys and runs that the registry has not heard of, and cannot be read (${reason})`,
    next: () =>
      'give it to this user with chown, or run espmint as the user that it belongs to; where something else lies in its place, move that away',
  }),
  SPOOL_DAMAGED: state<{ path: string; sizeBytes: number }>({
    problem: ({ path, sizeBytes }) =>
      `${sizeBytes} bytes of ${path} are damaged, and what they said is not known`,
    next: () =>
      'check the disk; everything else in the file is used, and the file is set aside once its process has ended',
  }),
  SPOOL_SET_ASIDE: state<{ path: string; sizeBytes: number; changedAt: string }>({
    problem: ({ path, changedAt }) =>
      `${path} has damage, is kept as it was found, and was written until ${changedAt}`,
    next: () =>
      'look whether devices that were made until then are missing in the registry, provision those again, then move the file away',
  }),
  /** Of a run without a board `mac` is its slot. */
  SPOOL_DEAD_LETTER: state<{ id: string; mac: string; reason: string }>({
    problem: ({ mac, reason }) => `The registry refuses what this computer tells it of ${mac} (${reason})`,
    next: ({ id }) =>
      `look at it with "espmint db dead show ${id}", then mend it with "espmint db dead retry ${id}"`,
  }),
  SPOOL_TAKEN_OVER: state({
    problem: () =>
      'Another process has taken over the units that this one held, for it gave no sign of life for long',
    next: () => 'try the board again',
  }),
  DEAD_LETTER_UNKNOWN: conflict<{ id: string }>({
    http: 404,
    problem: ({ id }) => `No record that the registry refuses has the id "${id}"`,
    next: () => 'list them with "espmint db dead"',
  }),
  DISK_FULL: state<{ where: string }>({
    problem: ({ where }) => `There is no space left for ${where}`,
    next: () => 'free some space; nothing was flashed without its key being stored',
  }),
  DATA_DIR_UNUSABLE: setup<{ path: string; reason: string }>({
    problem: ({ path, reason }) => `The data directory ${path} cannot be used (${reason})`,
    next: () => 'correct that, or name another one with --data-dir',
  }),
  EMBEDDED_BINARIES_MISSING: setup<{ platform: string; reason: string }>({
    problem: ({ platform, reason }) => `There is no PostgreSQL program for ${platform} (${reason})`,
    next: () =>
      'install PostgreSQL 13 or later and name the folder of its programs (postgres, initdb) with --postgres-bin, or name a server with --database-url',
  }),
  EMBEDDED_START_FAILED: setup<{ path: string; reason: string; log?: string }>({
    problem: ({ path, reason }) => `The embedded PostgreSQL in ${path} does not start (${reason})`,
    next: ({ log }) =>
      log === undefined ? 'remove the cause that it names, then run it again' : `read ${log}`,
  }),
  EMBEDDED_OTHER_MAJOR: setup<{ path: string; found: string; ours: string }>({
    problem: ({ path, found, ours }) =>
      `The data in ${path} was made by PostgreSQL ${found}, and this espmint carries PostgreSQL ${ours}`,
    next: ({ found }) =>
      `run "espmint --postgres-bin DIR db backup FILE" with the folder of the programs of PostgreSQL ${found}, then "espmint --data-dir NEW keys import" with the master.key of this data directory and "espmint --data-dir NEW db restore FILE"`,
  }),
  EMBEDDED_COPIED: setup<{ path: string; from: string; lock: string }>({
    problem: ({ path, from }) =>
      `The data in ${path} was copied from ${from} while a server was working there, so it may not be whole`,
    next: ({ lock }) =>
      `run "espmint db backup FILE" where it was copied from, and restore that into a new data directory; if nothing but this copy is left, delete ${lock}, start again, and run "espmint db check"`,
  }),
  EMBEDDED_SHARED: setup<{ path: string; from: string; place: string; link: string }>({
    problem: ({ path, from, place }) =>
      `The data directory ${path} was copied from ${from} without its database, which lies in ${place}: both would work with that one`,
    next: ({ from, link }) =>
      `work with ${from}; or, for a registry of its own, run "espmint --data-dir ${inShell(from)} db backup FILE", delete the link ${link}, and run "espmint db restore FILE" here`,
  }),
  DEVICE_KNOWN: conflict<{ mac: string; uuid: string; status: string }>({
    problem: ({ mac, uuid, status }) => `The board ${mac} is already in the registry as ${uuid} (${status})`,
    next: () => 'choose --known keep to flash the same key again, or --known rotate to give it a new one',
  }),
  DEVICE_REMOVED: conflict<{ mac: string; uuid: string; asOf?: string | undefined }>({
    problem: ({ mac, uuid, asOf }) =>
      `The board ${mac} (${uuid}) was removed from the registry${known(asOf)}`,
    next: () => 'choose --known rotate to take it in again with a new key, or set the board aside',
  }),
  DEVICE_DENIED: conflict<{
    mac: string;
    uuid: string;
    entry: string;
    reason: string;
    asOf?: string | undefined;
  }>({
    problem: ({ mac, entry: on, reason, asOf }) =>
      `The board ${mac} is on the deny list (${reason === '' ? on : `${on}: ${reason}`})${known(asOf)}`,
    next: ({ entry: on }) =>
      `set the board aside, or take the entry off the list with "espmint lists remove deny ${on}"`,
  }),
  DEVICE_NOT_ALLOWED: conflict<{ mac: string; uuid: string; asOf?: string | undefined }>({
    problem: ({ mac, uuid, asOf }) =>
      `Neither the board ${mac} nor its UUID ${uuid} is on the allow list${known(asOf)}`,
    next: ({ mac }) => `set the board aside, or add it with "espmint lists add allow ${mac}"`,
  }),
  KEY_DIFFERS: conflict<{ mac: string; uuid: string }>({
    problem: ({ mac }) => `The key given for ${mac} is not the one that the registry keeps for it`,
    next: () => 'leave the key out, or choose --known rotate to replace it',
  }),
  DEVICE_UNKNOWN: missing<{ device: string }>({
    problem: ({ device }) => `The registry knows no device ${device}`,
    next: () => 'look it up with "espmint devices list"',
  }),
  RESERVATION_UNKNOWN: conflict<{ id: string }>({
    problem: ({ id }) => `The registry knows no reservation ${id}`,
    next: () => 'provision the board again from the start',
  }),
  REGISTRY_NOT_EMPTY: conflict<{ target: string; tables: string }>({
    problem: ({ target, tables }) => `The registry at ${target} is not empty (${tables})`,
    next: () => 'restore into an empty database or a new data directory: nothing is ever overwritten',
  }),
  BACKUP_INVALID: setup<{ path: string; reason: string }>({
    exit: EXIT.input,
    problem: ({ path, reason }) => `${path} is not a whole backup (${reason})`,
    next: () => 'take another copy of it; nothing was restored',
  }),
  DEVICES_FILE_INVALID: input<{ faults: readonly string[]; more: string }>({
    problem: ({ faults, more }) => `${faults.join('; ')}${more}`,
    next: () => 'correct the file and import it again; nothing of it was taken',
  }),
  MASTER_KEY_INVALID: setup<{ origin: string }>({
    problem: ({ origin }) => `The master key in ${origin} is none`,
    next: () => 'give 32 bytes as 64 hex digits or as base64',
  }),
  SECRET_UNREADABLE: setup<{
    what: string;
    reason: string;
    /** Id of the master key that opens it. */
    wanted?: string;
    /** How it comes here: it must be brought, or it is here and another one is named. */
    advice?: 'import' | 'unset';
  }>({
    problem: ({ what, reason }) => `The stored secret of ${what} cannot be opened (${reason})`,
    next: ({ wanted = '', advice }) => {
      if (advice === 'import')
        return `copy the file master.key from a computer whose "espmint keys list" names ${wanted}, and run "espmint keys import FILE" with the --data-dir or --database-url of this command; do not overwrite the one that is here`;
      if (advice === 'unset')
        return `name ${wanted} instead, which this computer has too, or run "espmint keys rotate" to go over to the one that is named`;
      return 'restore it from a backup that was made before';
    },
  }),
  REGISTRY_NEVER_REACHED: state<{ target: string; reason: string }>({
    problem: ({ target, reason }) =>
      `The registry at ${target} cannot be reached (${reason}), and this computer has never reached it by this address: it knows neither its master key nor its admission lists`,
    next: () => 'start once while it can be reached, or give the address that it was reached by before',
  }),
  ADMISSION_LISTS_UNREADABLE: state<{ path: string; reason: string }>({
    problem: ({ path, reason }) =>
      `The registry cannot be reached, and its admission lists in ${path} cannot be read (${reason}), so no board is let in`,
    next: () => 'bring the registry back: the copy is renewed by itself then',
  }),
  MASTER_KEY_NEEDED: conflict<{ id: string; by: string }>({
    problem: ({ id, by }) => `The master key ${id} is needed by ${by}`,
    next: () => 'keep it; run "espmint keys list" to see what each key is for',
  }),
  MASTER_KEY_UNKNOWN: setup<{ id: string }>({
    exit: EXIT.input,
    http: 404,
    problem: ({ id }) => `This computer keeps no replaced master key ${id}`,
    next: () => 'run "espmint keys list" to see which it keeps',
  }),
  FIRMWARE_UNKNOWN: missing<{ wanted: string }>({
    problem: ({ wanted }) => `The registry has no firmware "${wanted}"`,
    next: () => 'look at what it has with espmint firmware list, or add it with espmint firmware add',
  }),
  FIRMWARE_VERSION_TAKEN: taken<{ name: string; version: string }>({
    problem: ({ name, version }) => `The registry has other bytes as firmware ${name}@${version}`,
    next: () => 'count the version of the firmware up, or give this one another with --bundle-version',
  }),
  VALUE_LIST_UNKNOWN: missing<{ list: string }>({
    problem: ({ list }) => `The registry has no list of values "${list}"`,
    next: () => 'import it with espmint values import, or correct values.list in the profile',
  }),
  VALUE_ROWS_USED_UP: conflict<{ list: string; reserved: number }>({
    problem: ({ list, reserved }) =>
      `The list of values "${list}" has no free row left${reserved === 0 ? '' : `: stations have reserved the last ${reserved}`}`,
    next: () =>
      'import more rows with espmint values import, or take back unused ones with espmint values return',
  }),
  VALUE_ROW_MISSING: conflict<{ list: string; wanted: string }>({
    problem: ({ list, wanted }) => `The list of values "${list}" has no free row for ${wanted}`,
    next: () => 'put the board aside, or import a row that names it with espmint values import',
  }),
  VALUE_ROW_OUT_OF_REACH: state<{ list: string; mac: string; reason: string }>({
    problem: ({ list, mac, reason }) =>
      `Nothing was written to ${mac}: its row of the list of values "${list}" is not among those that this station has reserved, and the registry is out of reach (${reason})`,
    next: () => 'put the board aside until the registry is back, then plug it in again',
  }),
  VALUE_ROW_NOT_SCANNED: conflict<{ list: string; mac: string }>({
    problem: ({ list, mac }) => `No code of the list of values "${list}" was scanned for ${mac}`,
    next: () =>
      'scan the code of its row, then plug the board in again; with espmint provision give it as --row CODE',
  }),
  VALUE_COLUMNS_DIFFER: taken<{ list: string }>({
    problem: ({ list }) => `The list of values "${list}" has other columns than the profile declares`,
    next: () => 'correct values.columns in the profile, or choose another name in values.list',
  }),
  VALUES_FILE_INVALID: input<{ faults: readonly string[]; more: string }>({
    problem: ({ faults, more }) => `The list cannot be taken: ${faults.join('; ')}${more}`,
    next: () => 'correct these lines and import the file again: nothing of it was taken',
  }),
};
