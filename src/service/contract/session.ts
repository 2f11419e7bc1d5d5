// Sign-in, people, and tokens for machines.
import { z } from 'zod';
import { doneSchema, operations, roleSchema, timeSchema } from './operation.js';

const userName = z
  .string()
  .min(1)
  .max(64)
  // Not as a pattern: most languages that read the OpenAPI document have no \p{…}.
  .refine((name) => /^[\p{L}\p{N}._@-]+$/u.test(name), 'must be letters, digits, dots, dashes or @')
  .meta({ description: 'Letters, digits, dots, dashes, underscores, @.' });
const newPassword = z.string().min(10).max(1024);
const nameParams = z.object({ name: userName });
const idParams = z.object({ id: z.string().max(64) });

const sessionSchema = z
  .object({
    /** False on a loopback service without users: whoever sits at the machine may do everything. */
    signInRequired: z.boolean(),
    /** Absent while nobody is signed in. */
    user: z.object({ name: z.string(), role: roleSchema }).optional(),
    /** Send it as header `x-csrf-token` with every request that is not GET; present with a cookie session. */
    csrfToken: z.string().optional(),
    /** The zone of the service (IANA): of the days it counts, and of times that are typed without one. */
    zone: z.string(),
  })
  .meta({ id: 'Session' });
export type Session = z.output<typeof sessionSchema>;

export const userSchema = z
  .object({ name: z.string(), role: roleSchema, createdAt: timeSchema })
  .meta({ id: 'User' });
export type User = z.output<typeof userSchema>;

const tokenSchema = z
  .object({
    id: z.string(),
    /** What it is for, as its maker wrote it. */
    label: z.string(),
    role: roleSchema,
    createdAt: timeSchema,
    lastUsedAt: timeSchema.optional(),
  })
  .meta({ id: 'Token' });
export type Token = z.output<typeof tokenSchema>;

const openSessionSchema = z
  .object({
    id: z.string(),
    user: z.string(),
    role: roleSchema,
    createdAt: timeSchema,
    lastUsedAt: timeSchema,
  })
  .meta({ id: 'OpenSession' });

export const SESSION_OPERATIONS = operations({
  getSession: {
    method: 'GET',
    path: '/session',
    role: 'anyone',
    summary: 'Who is signed in, and whether anybody has to be.',
    response: sessionSchema,
  },
  signIn: {
    method: 'POST',
    path: '/session',
    role: 'anyone',
    summary: 'Signs in with name and password; the answer sets the session cookie.',
    body: z.object({ name: z.string().max(64), password: z.string().max(1024) }),
    response: sessionSchema,
  },
  signOut: {
    method: 'DELETE',
    path: '/session',
    role: 'anyone',
    summary: 'Ends the session of the cookie.',
    response: doneSchema,
  },
  listSessions: {
    method: 'GET',
    path: '/sessions',
    role: 'admin',
    summary: 'All open sessions.',
    response: z.object({ sessions: z.array(openSessionSchema) }),
  },
  revokeSession: {
    method: 'DELETE',
    path: '/sessions/:id',
    role: 'admin',
    summary: 'Ends a session.',
    params: idParams,
    response: doneSchema,
  },
  listUsers: {
    method: 'GET',
    path: '/users',
    role: 'admin',
    summary: 'Who may sign in.',
    response: z.object({ users: z.array(userSchema) }),
  },
  addUser: {
    method: 'POST',
    path: '/users',
    role: 'admin',
    summary: 'Adds a person.',
    body: z.object({ name: userName, role: roleSchema, password: newPassword }),
    response: userSchema,
  },
  setPassword: {
    method: 'PUT',
    path: '/users/:name/password',
    role: 'admin',
    summary: 'Gives a person a new password and ends their sessions.',
    params: nameParams,
    body: z.object({ password: newPassword }),
    response: doneSchema,
  },
  removeUser: {
    method: 'DELETE',
    path: '/users/:name',
    role: 'admin',
    summary: 'Removes a person and ends their sessions.',
    params: nameParams,
    response: doneSchema,
  },
  listTokens: {
    method: 'GET',
    path: '/tokens',
    role: 'admin',
    summary: 'Bearer tokens of machines, without the tokens themselves.',
    response: z.object({ tokens: z.array(tokenSchema) }),
  },
  createToken: {
    method: 'POST',
    path: '/tokens',
    role: 'admin',
    summary: 'Makes a bearer token. It is shown once: only its hash is kept.',
    body: z.object({ label: z.string().min(1).max(100), role: roleSchema }),
    response: tokenSchema.extend({ token: z.string() }).meta({ id: 'NewToken' }),
  },
  revokeToken: {
    method: 'DELETE',
    path: '/tokens/:id',
    role: 'admin',
    summary: 'Ends a bearer token.',
    params: idParams,
    response: doneSchema,
  },
});
