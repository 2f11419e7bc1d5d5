// Errors of the HTTP service: access, requests, jobs and what the service keeps.
import { inShell } from '../../text.js';
import { EXIT, kind, conflict, input, missing, taken } from '../entry.js';
import { counted } from '../../text.js';

export const SERVICE_ERRORS = {
  METHOD_NOT_ALLOWED: input<{ method: string; path: string; allowed: readonly string[] }>({
    http: 405,
    problem: ({ method, path }) => `${path} does not take ${method}`,
    next: ({ allowed }) => `send ${allowed.join(' or ')}`,
  }),
  ROUTE_UNKNOWN: missing<{ method: string; path: string }>({
    problem: ({ method, path }) => `There is no ${method} ${path}`,
    next: () => 'look at /api/v1/openapi.json for what there is',
  }),
  BODY_INVALID: input<{ field: string; reason: string }>({
    problem: ({ field, reason }) => `The request is not accepted: ${field} ${reason}`,
    next: () => 'correct it and send it again',
  }),
  BODY_TYPE: input<{ reason: string; wanted?: string }>({
    http: 415,
    problem: ({ reason }) => `The body of the request cannot be read (${reason})`,
    next: ({ wanted = 'application/json' }) => `send the request with content-type: ${wanted}`,
  }),
  BODY_TOO_LARGE: input<{ maxBytes: number }>({
    http: 413,
    problem: ({ maxBytes }) => `The body of the request has more than ${maxBytes} bytes`,
    next: () => 'send less',
  }),
  SITE_REFUSED: input<{ reason: string }>({
    http: 403,
    problem: ({ reason }) => `The request is refused because ${reason}`,
    next: () => 'open the dashboard by the address that espmint printed, or name this host with --allow-host',
  }),
  SIGN_IN_NEEDED: input({
    http: 401,
    problem: () => 'Nobody is signed in',
    next: () => 'sign in, or send a bearer token',
  }),
  SIGN_IN_FAILED: input({
    http: 401,
    problem: () => 'Name and password do not belong together',
    next: () => 'try again, or let an admin set a new password',
  }),
  SIGN_IN_BUSY: input<{ waitSeconds: number }>({
    http: 429,
    retryable: true,
    problem: () => 'More passwords wait to be checked than this computer can check now',
    next: ({ waitSeconds }) => `try again in ${waitSeconds} s`,
  }),
  NOBODY_CAN_SIGN_IN: input({
    http: 403,
    problem: () => 'Nobody can sign in here yet',
    next: () =>
      'add an admin on the computer that serves this, with "espmint users add NAME --role admin", then sign in',
  }),
  SIGN_IN_THROTTLED: input<{ waitSeconds: number }>({
    http: 429,
    retryable: true,
    problem: () => 'There were too many wrong passwords',
    next: ({ waitSeconds }) => `wait ${waitSeconds} s, then try again`,
  }),
  CSRF_TOKEN_WRONG: input({
    http: 403,
    problem: () => 'The request does not carry the token of this session',
    next: () => 'load the page again',
  }),
  ROLE_TOO_LOW: input<{ needed: string; has: string }>({
    http: 403,
    problem: ({ needed, has }) => `This needs the role ${needed}, and you are ${has}`,
    next: () => 'ask somebody with that role, or an admin to change yours',
  }),
  USERS_MISSING: input<{ address: string }>({
    problem: ({ address }) =>
      `On ${address} everybody in the network could reach espmint, and nobody may sign in yet`,
    next: () => 'add an admin with "espmint users add NAME --role admin", or serve on 127.0.0.1',
  }),
  PLAIN_HTTP_REFUSED: input<{ address: string }>({
    problem: ({ address }) => `On ${address} passwords would cross the network in clear text`,
    next: () => 'give --tls-cert and --tls-key, or add --insecure-http behind a proxy that speaks TLS',
  }),
  CA_UNREACHABLE: kind({ exit: EXIT.internal, http: 424, retryable: true })<{ reason: string }>({
    problem: ({ reason }) => `The CA URL cannot be reached from this station (${reason})`,
    next: () => 'check host name, port, network and firewall, and that the CA runs',
  }),
  CA_UNTRUSTED: kind({ exit: EXIT.internal, http: 424, retryable: false })<{ reason: string }>({
    problem: ({ reason }) =>
      `The CA answers, with a certificate that this station does not trust (${reason})`,
    next: () =>
      'put the certificate of that CA into the firmware of the device; of a private CA this is expected, and boards are made all the same',
  }),
  CA_FAULTY: kind({ exit: EXIT.internal, http: 424, retryable: true })<{ status: number }>({
    problem: ({ status }) => `The CA answers, but with a failure of its own (HTTP ${status})`,
    next: () => 'look at the log of the CA or of the proxy before it',
  }),
  LISTEN_FAILED: kind({ exit: EXIT.internal, http: 500, retryable: true })<{
    address: string;
    reason: string;
  }>({
    problem: ({ address, reason }) => `espmint cannot listen on ${address} (${reason})`,
    next: () => 'choose another --host or --port, or stop what uses it',
  }),
  USER_EXISTS: taken<{ name: string }>({
    problem: ({ name }) => `There is a user "${name}" already`,
    next: ({ name }) =>
      `choose another name, or set a new password with "espmint users passwd ${inShell(name)}"`,
  }),
  USER_UNKNOWN: missing<{ name: string }>({
    problem: ({ name }) => `There is no user "${name}"`,
    next: () => 'look with "espmint users list"',
  }),
  ADMIN_NEEDED: taken<{ name: string }>({
    problem: ({ name }) => `Without an admin besides "${name}" nobody could manage this service any more`,
    next: () => 'add an admin first',
  }),
  TOKEN_UNKNOWN: missing<{ id: string }>({
    problem: ({ id }) => `There is no token or session ${id}`,
    next: () => 'look at the list of them (tokens: "espmint tokens list")',
  }),
  STATE_UNREADABLE: conflict<{ path: string; reason: string }>({
    http: 503,
    problem: ({ path, reason }) => `${path} cannot be used (${reason})`,
    next: () => 'give it to the user that runs espmint, or put a copy of it back',
  }),
  PORT_UNKNOWN: missing<{ port: string }>({
    problem: ({ port }) => `There is no port ${port} on this station`,
    next: () => 'plug the board in, or add the network port',
  }),
  PORT_IN_USE: taken<{ port: string }>({
    retryable: true,
    problem: ({ port }) => `${port}: a job or an inspection is running there`,
    next: () => 'wait for it, or cancel it',
  }),
  BOARD_MISSING: taken<{ port: string }>({
    retryable: true,
    problem: ({ port }) => `No board is plugged in at ${port}`,
    next: () => 'plug it in, then start it',
  }),
  STATION_BUSY: taken<{ running: number }>({
    retryable: true,
    problem: ({ running }) => `This station runs ${counted(running, 'board')}`,
    next: () => 'wait until they are done, or stop them',
  }),
  TEACHING_NOT_BEGUN: taken({
    problem: () => 'Nobody is teaching slots',
    next: () => 'begin it, then plug boards in one after the other',
  }),
  DATABASE_MISSING: taken<{ what: string }>({
    problem: ({ what }) => `${what} need a database, and this service was started without one`,
    next: () => 'start it without --registry none',
  }),
  PRINTER_UNKNOWN: missing<{ name: string }>({
    problem: ({ name }) => `There is no printer "${name}"`,
    next: () => 'look at the list of printers',
  }),
  JOB_UNKNOWN: missing<{ id: string }>({
    problem: ({ id }) => `There is no job ${id}`,
    next: () => 'look at the list of jobs; only the newest are kept',
  }),
  JOB_NOT_RUNNING: taken<{ id: string; state: string }>({
    problem: ({ id, state }) => `The job ${id} is not running any more (${state})`,
    next: () => 'start another one if it is needed',
  }),
  JOB_RUNNING: taken<{ id: string }>({
    problem: ({ id }) => `The job ${id} is still running`,
    next: () => 'wait for its end, or cancel it',
  }),
  JOB_INTERRUPTED: kind({ exit: EXIT.internal, http: 409, retryable: true })<{ port: string }>({
    problem: ({ port }) => `${port}: espmint ended before this board was done`,
    next: () => 'start the board again; it gets the same key',
  }),
  SERVICE_STOPPING: kind({ exit: EXIT.cancelled, http: 503, retryable: true })({
    problem: () => 'espmint is stopping',
    next: () => 'try again when it has started',
  }),
  TOO_MANY_READERS: kind({ exit: EXIT.internal, http: 503, retryable: true })<{ limit: number }>({
    problem: ({ limit }) => `${limit} readers of live events are connected already`,
    next: () => 'close some pages',
  }),
  PROFILE_UNKNOWN: missing<{ name: string }>({
    problem: ({ name }) => `There is no profile ${name}`,
    next: () => 'look at the list of profiles',
  }),
  PROFILE_UNREADABLE: conflict<{ name: string; version: number; path: string; reason: string }>({
    http: 503,
    problem: ({ name, version, path, reason }) =>
      `${version === 0 ? 'The' : `Version ${version} of the`} product "${name}" cannot be read (${path}: ${reason})`,
    next: ({ version }) =>
      version === 0
        ? 'give that folder to the user that runs espmint, or put a copy of it back'
        : 'put that file back from a backup, or delete it to go on with the version before it',
  }),
  PROFILE_NOT_CHOSEN: input({
    problem: () => 'No profile is chosen for this station',
    next: () => 'choose one, or make one',
  }),
  PROFILE_CHANGED: taken<{ name: string; version: number }>({
    problem: ({ name, version }) => `Somebody has saved version ${version} of "${name}" in the meantime`,
    next: () => 'load it and make your change there',
  }),
  SECRET_REFERENCE_REFUSED: input<{ reference: string; reason: string }>({
    problem: ({ reference, reason }) => `The secret ${reference} cannot be used here: it ${reason}`,
    next: () =>
      'store the secret on this station and refer to it as file:NAME, or use env:ESPMINT_WIFI_... or env:ESPMINT_SECRET_...',
  }),
  SECRET_UNKNOWN: missing<{ name: string }>({
    problem: ({ name }) => `No secret "${name}" is stored on this station`,
    next: () => 'store it first',
  }),
  NO_VIRTUAL_BOARDS: missing({
    problem: () => 'This service was started without virtual boards',
    next: () => 'start it with "espmint serve", which always has them',
  }),
};
