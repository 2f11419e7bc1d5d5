// The certificate authority that devices will call: whether it can be reached from this station.
import { z } from 'zod';
import { operations } from './operation.js';

const caTestSchema = z
  .object({
    /** An HTTP server answered, and not with a failure of its own. */
    ok: z.boolean(),
    durationMs: z.number(),
    /** HTTP status, of whatever answered. */
    status: z.int().optional(),
    code: z.string().optional(),
    message: z.string().optional(),
  })
  .meta({ id: 'CaTest' });
export type CaTest = z.output<typeof caTestSchema>;

export const CA_OPERATIONS = operations({
  testCa: {
    method: 'POST',
    path: '/ca/test',
    role: 'engineer',
    summary:
      'Asks the CA URL once, without following it elsewhere and without anything of a device or a key.',
    body: z.object({ url: z.string().max(1024) }),
    response: caTestSchema,
  },
});
