// The tables of a running registry as the page docs/reference/registry-schema.md.
import { queryAt } from './foreign-program.js';

const INTRODUCTION = `# Schema of the registry

Made from a running registry by the tests. What the tables mean stands in [registry.md](registry.md), and with reasons
in the migrations, \`src/registry/migrations\`.
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
