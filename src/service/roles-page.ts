// The reference page of roles, made from the contract so that it cannot say anything else.
import { operationList, ROLES, type Operation } from './contract/index.js';

const INTRODUCTION = `# Roles

Made from \`src/service/contract\` by \`npm run docs\`. A person or a token has one role, with the rights of those to its left.
Requests without a sign-in are those that a page or a monitor needs before there is one. On loopback, while there are no
people, who uses the computer itself is admin.
`;

/** docs/reference/roles.md */
export function rolesPage(): string {
  const counts = ROLES.map((role) => operationList.filter((operation) => may(role, operation)).length);
  return [
    INTRODUCTION,
    `| request | | ${ROLES.join(' | ')} |`,
    `|---|---|${ROLES.map(() => ':-:|').join('')}`,
    ...[...operationList].sort((a, b) => lowest(a) - lowest(b)).map(row),
    `| of ${operationList.length} requests | | ${counts.join(' | ')} |`,
    '',
  ].join('\n');
}

function row(operation: Operation): string {
  const { method, path, role, summary } = operation;
  const note = role === 'anyone' ? `${summary} Also without a sign-in.` : summary;
  const marks = ROLES.map((each) => (may(each, operation) ? 'yes' : ''));
  return `| \`${method} ${path}\` | ${note.replaceAll('|', '\\|')} | ${marks.join(' | ')} |`;
}

const may = (role: (typeof ROLES)[number], operation: Operation): boolean =>
  ROLES.indexOf(role) >= lowest(operation);

/** Of `anyone` -1. */
const lowest = ({ role }: Operation): number => (role === 'anyone' ? -1 : ROLES.indexOf(role));
