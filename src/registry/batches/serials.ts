// The next serial number of a batch's template: each is given once, over all batches of that template.
import type pg from 'pg';
import { formatSerial } from '../../core/serial-template.js';
import type { BatchRow } from './sql.js';

/** The counter's row is locked until the end of the transaction: no number is given twice. */
export async function nextSerial(client: pg.ClientBase, batch: BatchRow): Promise<string | null> {
  const template = batch.serial_template;
  if (template === null) return null;
  const returned = await returnedSerial(client, template);
  if (returned !== undefined) return returned;
  for (;;) {
    const { rows } = await client.query<{ number: string }>(
      `insert into serial_counters (template, next_number) values ($1, 2)
       on conflict (template) do update set next_number = serial_counters.next_number + 1
       returning next_number - 1 as number`,
      [template],
    );
    const serial = formatSerial(template, Number(rows[0]?.number));
    // A list may hold numbers of the same form.
    const { rows: taken } = await client.query(
      `select from batch_units where serial = $1 union all select from batch_identifiers where serial = $1
       union all select from batch_places where serial = $1`,
      [serial],
    );
    if (taken.length === 0) return serial;
  }
}

/** The lowest serial number of a template that was drawn ahead and not used; whoever calls this gives it away. */
async function returnedSerial(client: pg.ClientBase, template: string): Promise<string | undefined> {
  const { rows } = await client.query<{ serial: string }>(
    `delete from batch_places where id = (
       select p.id from batch_places p join batches b on b.id = p.batch_id
       where p.state = 'returned' and p.serial is not null and b.serial_template = $1
       order by p.serial limit 1 for update of p skip locked)
     returning serial`,
    [template],
  );
  return rows[0]?.serial;
}
