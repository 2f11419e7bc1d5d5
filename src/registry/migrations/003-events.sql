-- The audit trail: what was done to devices and keys, by whom, and why. Rows are only ever added.
create table events (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at          TIMESTAMPTZ NOT NULL DEFAULT now(),
  kind        TEXT NOT NULL,
  actor       TEXT NOT NULL,
  global_uuid VARCHAR(36),
  mac_key     VARCHAR(17),
  detail      JSONB NOT NULL DEFAULT '{}'
);
create index idx_events_mac on events (mac_key, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the table % only takes new rows', tg_table_name using errcode = 'insufficient_privilege';
end $$;

create trigger events_only_grow before update or delete or truncate on events
  for each statement execute function refuse_change();
