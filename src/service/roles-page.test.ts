// The page of roles is made from the contract, and says of each request who may.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { operationList, ROLES } from './contract/index.js';
import { rolesPage } from './roles-page.js';

const FILE = new URL('../../docs/reference/roles.md', import.meta.url);

describe('docs/reference/roles.md', () => {
  it('is what the contract says (npm run docs)', () => {
    expect(readFileSync(FILE, 'utf8')).toBe(rolesPage());
  });
  it.each(operationList)('says who may $method $path', ({ method, path, role }) => {
    const line = rolesPage()
      .split('\n')
      .find((text) => text.startsWith(`| \`${method} ${path}\` |`));
    const allowed = role === 'anyone' ? ROLES.length : ROLES.length - ROLES.indexOf(role);
    expect(
      line
        ?.split(' | ')
        .slice(2)
        .filter((cell) => cell.startsWith('yes')),
    ).toHaveLength(allowed);
  });
});
