-- A MAC is searched by its digits: between colons there are too few of them for an index on three characters.
do $$
begin
  if exists (select from pg_extension where extname = 'pg_trgm') then
    drop index if exists idx_devices_text;
    create index idx_devices_text on devices
      using gin (global_uuid gin_trgm_ops, mac_key gin_trgm_ops, location gin_trgm_ops);
  end if;
end $$;

-- Whether a text is rare decides which way a search goes: there can be many more locations than a sample of a hundred.
alter table devices alter column location set statistics 1000;
