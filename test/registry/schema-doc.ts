// The tables of a running registry as the page docs/reference/registry-schema.md.
import { queryAt } from './foreign-program.js';

const INTRODUCTION = `# Schema of the registry

Made from a running registry by the tests. What the tables mean stands in [registry.md](registry.md), and with reasons
in \`src/registry/migrations/001-schema.sql\`.

## One home for each fact

| fact | lives in | because |
| --- | --- | --- |
| what one try did with one reservation: who, where, with what, on which chip, the time of its stages | \`attempts\` | it is known per try, also without a station, and must survive an outage in the key journal |
| which units of a batch a station has reserved, and what became of them | \`reserved_units\` | they count against the quantity while the database hears nothing of their station, so no lease ends them; a unit is made of one only when its board is synced |
| how the run of a board at a slot ended, with all its tries | \`station_runs\` | a run may end before any reservation, so attempts cannot tell it; figures (yield, pace, causes) are made of these rows only |
| which board counts for a batch, and its serial number | \`batch_units\` | a board counts once however many attempts it took; \`attempts.batch\` tells what a try was made for |
| what a profile said | \`profiles\`, by digest | thousands of attempts share one; \`attempts.profile\` is the digest, name and version are looked up |
| how often a port was used and passed, the rate that its link bears | \`ports\` | summed up as attempts end: the sums of ten million attempts are not read anew |
| where a station is and when it was last heard of | \`stations\` | attempts name the station as text: history outlives what it names |

The times of stages stand in both \`attempts\` and \`station_runs\`: of each try there, of the try that passed here.
`;

/** Markdown: one heading and one table of columns for each table. */
export async function describeSchema(dataDir: string): Promise<string> {
  const rows = (await queryAt(
    dataDir,
    `select c.table_name as table, c.column_name as column,
            upper(format_type(a.atttypid, a.atttypmod)) as type, c.is_nullable = 'NO' as required,
            coalesce(pg_get_expr(d.adbin, d.adrelid), '') as "default", a.attgenerated <> '' as generated
     from information_schema.columns c
     join pg_attribute a on a.attrelid = c.table_name::regclass and a.attname = c.column_name
     left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where c.table_schema = 'public' order by c.table_name, c.ordinal_position`,
  )) as {
    table: string;
    column: string;
    type: string;
    required: boolean;
    default: string;
    generated: boolean;
  }[];
  const tables = [...new Set(rows.map(({ table }) => table))];
  const parts = tables.map((table) =>
    describeTable(
      table,
      rows.filter((row) => row.table === table),
    ),
  );
  return `${[INTRODUCTION, ...parts].join('\n')}\n`;
}

function describeTable(
  name: string,
  columns: readonly {
    column: string;
    type: string;
    required: boolean;
    default: string;
    generated: boolean;
  }[],
): string {
  const lines = columns.map((row) => {
    const value = row.default === '' ? '' : `${row.generated ? 'always ' : ''}\`${row.default}\``;
    return `| ${row.column} | ${row.type} | ${row.required ? 'yes' : ''} | ${value} |`;
  });
  return [
    `## ${name}`,
    '',
    '| column | type | required | default |',
    '| --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}
