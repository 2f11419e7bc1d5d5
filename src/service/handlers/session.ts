// Sign-in, people, sessions and tokens.
import type { SESSION_OPERATIONS } from '../contract/session.js';
import type { ServiceCore } from '../core.js';
import { DONE, type HandlersOf } from '../http/operations.js';

export function sessionHandlers({
  people,
  sessions,
  gate,
}: ServiceCore): HandlersOf<typeof SESSION_OPERATIONS> {
  return {
    getSession: (_, { identity, credentials }) => gate.describe(identity, credentials),
    signIn: async ({ body }, call) => {
      const { cookie, user } = await gate.signIn(body.name, body.password, call.address);
      // The session of whoever sat here before ends with it.
      if (call.cookie !== undefined) await sessions.endCookie(call.cookie);
      call.setCookie(cookie);
      return gate.describe(user, { ...call.credentials, cookie });
    },
    signOut: async (_, call) => {
      if (call.cookie !== undefined) await sessions.endCookie(call.cookie);
      call.clearCookie();
      return DONE;
    },
    listSessions: async () => {
      const users = new Map((await people.users()).map(({ name, role }) => [name, role]));
      const open = await sessions.list();
      return {
        sessions: open.flatMap(({ id, user, createdAt, lastUsedAt }) => {
          const role = users.get(user);
          return role === undefined ? [] : [{ id, user, role, createdAt, lastUsedAt }];
        }),
      };
    },
    revokeSession: async ({ params }) => {
      await sessions.revoke(params.id);
      return DONE;
    },
    listUsers: async () => ({ users: await people.users() }),
    addUser: ({ body }) => people.addUser(body.name, body.role, body.password),
    setPassword: async ({ params, body }) => {
      await people.setPassword(params.name, body.password);
      await sessions.end(({ user }) => user === params.name);
      return DONE;
    },
    removeUser: async ({ params }) => {
      await people.removeUser(params.name);
      await sessions.end(({ user }) => user === params.name);
      return DONE;
    },
    listTokens: async () => ({ tokens: await people.tokens() }),
    createToken: ({ body }) => people.createToken(body.label, body.role),
    revokeToken: async ({ params }) => {
      await people.revokeToken(params.id);
      return DONE;
    },
  };
}
