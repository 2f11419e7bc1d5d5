-- A device is found by the serial number of its unit, and by the name and the lot of its batch.
create index idx_batch_units_mac on batch_units (mac_key);

do $$
begin
  if exists (select from pg_extension where extname = 'pg_trgm') then
    create index idx_batch_units_serial on batch_units using gin (serial gin_trgm_ops);
  end if;
end $$;
